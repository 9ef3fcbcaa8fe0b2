// Many files, each of them whole or not there, after any crash (durable.ts): tiles. A few are
// written one by one. Many go to a thread of their own, which calls the system itself: each of the
// five calls for a file, by way of Node's threads for files, costs more in going there and coming
// back than in the system. See whole-files.test.ts; decisions/013 has figures.
import { Worker } from 'node:worker_threads'
import type { Files } from '@grantlog/journal'
import { LedgerError } from '../codes.ts'
import { filesAtOnceMax, threadedFilesMin } from '../limits.ts'
import { asLedgerError, localFiles, writeSynced } from './durable.ts'

export interface WholeFile {
  readonly path: string
  readonly bytes: Uint8Array
}

export interface WholeFiles {
  /**
   * Each name has its old bytes or all the new ones, which are durable when it resolves; names are
   * when their folder is synced. In no order that a reader could rely on. `bytes` are taken: nobody
   * may look at them again. Errors: LEDGER_FULL; LEDGER_POISONED.
   */
  write(all: readonly WholeFile[]): Promise<void>
  close(): Promise<void>
}

/** What the thread is given: memory that nobody else has any more. */
export interface GivenFile {
  readonly path: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** What the thread says of what it was given; null: all is written. */
export type ThreadSaid = {
  readonly path: string
  readonly code: string | undefined
  readonly message: string
} | null

/** On any files. */
export function wholeFiles(files: Files): WholeFiles {
  return {
    write: (all) => eachOf(all, ({ bytes, path }) => writeSynced(path, bytes, { files })),
    close: () => Promise.resolve(),
  }
}

/** On the local disk; so many or more at once by the thread, which is begun when it is needed. */
export function localWholeFiles(threadedMin: number = threadedFilesMin): WholeFiles {
  const few = wholeFiles(localFiles)
  let worker: Worker | undefined
  let last: Promise<void> = Promise.resolve()

  function writeMany(all: readonly WholeFile[]): Promise<void> {
    // One that has ended meanwhile hears of nothing.
    const thread = (): Worker => (worker ??= startThread(() => (worker = undefined)))
    const done = last.then(() => writeBy(thread(), all))
    last = done.catch(() => undefined)
    return done
  }

  return {
    write: (all) => (all.length < threadedMin ? few.write(all) : writeMany(all)),
    close: async () => {
      await last
      await worker?.terminate()
      worker = undefined
    },
  }
}

function startThread(onEnd: () => void): Worker {
  // From source and from the build alike.
  const isSource = import.meta.url.endsWith('.ts')
  const name = isSource ? './whole-files-thread.ts' : './whole-files-thread.js'
  const worker = new Worker(new URL(name, import.meta.url)).once('exit', onEnd)
  // Between writings it keeps no process alive.
  worker.unref()
  return worker
}

function writeBy(worker: Worker, all: readonly WholeFile[]): Promise<void> {
  const { promise, reject, resolve } = Promise.withResolvers<void>()
  const onMessage = (said: ThreadSaid): void => {
    if (said === null) return resolve()
    const { code, message, path } = said
    reject(asLedgerError(Object.assign(new Error(message), { code }), path))
  }
  const onEnd = (cause: unknown): void => {
    reject(new LedgerError('LEDGER_POISONED', 'the thread that writes tiles ended', { cause }))
  }
  worker.once('message', onMessage).once('error', onEnd).once('exit', onEnd)
  worker.ref()
  try {
    const given = all.map(({ bytes, path }): GivenFile => ({ path, bytes: ownBytes(bytes) }))
    const memory = given.map(({ bytes }) => bytes.buffer)
    worker.postMessage(given, memory)
  } catch (error) {
    reject(error)
  }
  return promise.finally(() => {
    worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd)
    worker.unref()
  })
}

/** Bytes that have their memory to themselves go without a copy; of others Node would copy all. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes
  const isOwn = buffer instanceof ArrayBuffer && byteLength === buffer.byteLength
  return isOwn ? new Uint8Array(buffer) : new Uint8Array(bytes)
}

/** Works on several at once, and begins no more after a failure; rejects when all have ended. */
export async function eachOf<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values()
  let failed = false
  const workers = Array.from({ length: filesAtOnceMax }, async () => {
    for (const item of rest) {
      if (failed) return
      await work(item).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  })
  for (const worker of await Promise.allSettled(workers)) {
    if (worker.status === 'rejected') throw worker.reason
  }
}
