// A thread that runs seeds of one driver: chunk by chunk, as the pool asks.
import { parentPort, workerData } from 'node:worker_threads'
import { loadDriver } from './find.ts'

/** What a thread is started with. */
export interface WorkerData {
  readonly path: string
  /** One BigInt64 that says which seed is running, for who asks from outside. */
  readonly current: SharedArrayBuffer
}

/** Seeds `from` to before `to`. */
export interface Chunk {
  readonly from: number
  readonly to: number
}

/** What became of a chunk. */
export interface ChunkDone {
  readonly seeds: number
  readonly counters: Readonly<Record<string, number>>
  readonly failures: readonly SeedFailure[]
}

/** A broken promise. */
export interface SeedFailure {
  readonly seed: number
  readonly message: string
}

const { path, current } = workerData as WorkerData
const seedNow = new BigInt64Array(current)
const driver = await loadDriver(path)
const port = parentPort!

async function runChunk({ from, to }: Chunk): Promise<ChunkDone> {
  const counters: Record<string, number> = {}
  const failures: SeedFailure[] = []
  for (let seed = from; seed < to; seed++) {
    Atomics.store(seedNow, 0, BigInt(seed))
    try {
      for (const [name, count] of Object.entries(await driver.run(seed))) {
        counters[name] = (counters[name] ?? 0) + count
      }
    } catch (error) {
      failures.push({ seed, message: messageOf(error) })
    }
  }
  return { seeds: to - from, counters, failures }
}

/** The stack: it says where; and what the error was caused by. */
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return String(error)
  const cause = 'cause' in error && error.cause !== undefined ? messageOf(error.cause) : ''
  return cause === '' ? String(error.stack) : `${String(error.stack)}\ncaused by ${cause}`
}

async function answer(chunk: Chunk): Promise<void> {
  port.postMessage(await runChunk(chunk))
}

port.on('message', (chunk: Chunk) => {
  void answer(chunk)
})
port.postMessage('ready')
