// One driver over a range of seeds, in as many threads as there are cores.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Chunk, ChunkDone, SeedFailure, WorkerData } from './worker.ts'

/** What became of a driver's seeds. */
export interface DriverResult {
  /** Seeds that ran, the failed ones included. */
  seeds: number
  readonly counters: Record<string, number>
  readonly failures: SeedFailure[]
}

export interface PoolOptions {
  /** The driver's file. */
  readonly path: string
  readonly from: number
  /** Not run any more. */
  readonly to: number
  /** Aborted: what is running is given up, the result is that of the chunks done. */
  readonly signal: AbortSignal
  /** Told after each chunk. */
  readonly onProgress: (result: DriverResult) => void
}

const threads = availableParallelism()
/** Time that a chunk should take: seldom enough to cost nothing, often enough to be stopped. */
const chunkMs = 400
/** A seed takes milliseconds; one that takes so long waits for something that never comes. */
const hangMs = 60_000
/** After so many broken promises more of them say nothing new. */
const failuresMax = 10

/** Resolves when all seeds ran, `failuresMax` of them failed, or the signal was aborted. */
export async function runSeeds(options: PoolOptions): Promise<DriverResult> {
  const result: DriverResult = { seeds: 0, counters: {}, failures: [] }
  const rest = { next: options.from, size: 1 }
  const lanes = Array.from({ length: threads }, () => runLane(options, rest, result))
  await Promise.all(lanes)
  result.failures.sort((a, b) => a.seed - b.seed)
  return result
}

interface Rest {
  next: number
  /** Seeds of the next chunk, by how long the last one took. */
  size: number
}

function runLane(options: PoolOptions, rest: Rest, result: DriverResult): Promise<void> {
  const { path, to, signal, onProgress } = options
  const current = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { path, current } satisfies WorkerData,
  })
  let begun = performance.now()
  return new Promise((resolve, reject) => {
    const watch = watchSeed(current, (seed) => {
      result.failures.push({ seed, message: `no end after ${hangMs / 1000} s` })
      end()
    })
    const end = (error?: Error): void => {
      clearInterval(watch)
      signal.removeEventListener('abort', onAbort)
      void worker.terminate().then(() => (error === undefined ? resolve() : reject(error)))
    }
    const onAbort = (): void => end()
    signal.addEventListener('abort', onAbort)
    worker.on('error', (error) => end(error as Error))
    worker.on('message', (done: ChunkDone | 'ready') => {
      if (done !== 'ready') {
        addUp(result, done)
        onProgress(result)
        const perSeed = (performance.now() - begun) / done.seeds
        rest.size = Math.max(1, Math.min(2 * done.seeds, Math.round(chunkMs / perSeed)))
      }
      const isEnough = signal.aborted || result.failures.length >= failuresMax
      if (isEnough || rest.next >= to) return end()
      const chunk: Chunk = { from: rest.next, to: Math.min(to, rest.next + rest.size) }
      rest.next = chunk.to
      begun = performance.now()
      worker.postMessage(chunk)
    })
  })
}

/** Tells a seed that is still running after `hangMs`. */
function watchSeed(current: SharedArrayBuffer, onHang: (seed: number) => void): NodeJS.Timeout {
  const seedNow = new BigInt64Array(current)
  let last = Atomics.load(seedNow, 0)
  return setInterval(() => {
    const seed = Atomics.load(seedNow, 0)
    if (seed === last && seed !== 0n) onHang(Number(seed))
    last = seed
  }, hangMs)
}

function addUp(result: DriverResult, done: ChunkDone): void {
  result.seeds += done.seeds
  result.failures.push(...done.failures)
  for (const [name, count] of Object.entries(done.counters)) {
    result.counters[name] = (result.counters[name] ?? 0) + count
  }
}
