// The durable queue of what is not audit, one for each signal: it is not sealed, but once
// acknowledged it reaches the sinks. Bodies that arrive together share one frame and one fdatasync:
// Export…ServiceRequests that are concatenated are one request (protobuf merges repeated fields).
import { createGroupCommit, type Files, type Journal, openJournal } from '@grantlog/journal'
import type { Log } from '../flow.ts'

export interface PassThroughOptions {
  readonly directory: string
  /** Bytes of one frame; no body is larger. */
  readonly frameBytes: number
  /** Bytes kept for slow sinks; beyond it the oldest are dropped, loudly. */
  readonly queueBytes: number
  readonly log: Log
  /** Default: the local disk. */
  readonly files?: Files
  /** Bytes of a segment, of which whole ones are dropped; default the journal's. */
  readonly segmentBytes?: number
}

export interface PassThroughQueue {
  /** Number of the oldest frame kept, and of the next one. */
  readonly first: number
  readonly next: number
  /** Bytes on disk. */
  readonly bytes: number
  /** Resolves once the body is durable. Errors: JournalError. */
  append(body: Uint8Array): Promise<void>
  read(from: number): AsyncIterable<{ readonly number: number; readonly payload: Uint8Array }>
  /** Resolves when there is a frame `number`, or when the signal aborts. */
  waitFor(number: number, signal: AbortSignal): Promise<void>
  /** Every sink is past all frames before `number`. */
  done(number: number): Promise<void>
  close(): Promise<void>
}

const MAX_GROUP_ITEMS = 1_024

/** Errors: those of openJournal. */
export async function openPassThrough(options: PassThroughOptions): Promise<PassThroughQueue> {
  const { directory, files, frameBytes, log, queueBytes, segmentBytes } = options
  const journal = await openJournal({
    directory,
    ...(files && { files }),
    ...(segmentBytes !== undefined && { segmentBytesMax: segmentBytes }),
  })
  const waiting = new Set<(value: void) => void>()
  const group = createGroupCommit<Uint8Array, void>({
    write: async (bodies) => {
      await journal.append(bodies)
      for (const wake of waiting) wake()
      await dropOldest(journal, queueBytes, log)
      return bodies.map(() => undefined)
    },
    maxItems: MAX_GROUP_ITEMS,
    maxBytes: frameBytes,
    sizeOf: (body) => body.length,
  })
  return {
    get first() {
      return journal.first
    },
    get next() {
      return journal.next
    },
    get bytes() {
      return journal.bytes
    },
    append: (body) => group.submit(body),
    read: (from) => journal.read(from),
    async waitFor(number, signal) {
      while (journal.next <= number && !signal.aborted) {
        const { promise, resolve: wake } = Promise.withResolvers<void>()
        waiting.add(wake)
        signal.addEventListener('abort', wake as () => void)
        await promise
        signal.removeEventListener('abort', wake as () => void)
        waiting.delete(wake)
      }
    },
    done: (number) => journal.prune(number),
    async close() {
      await group.idle()
      await journal.close()
    },
  }
}

/** A full disk would stop the ledger too, so telemetry nobody fetches gives way to it. */
async function dropOldest(journal: Journal, queueBytes: number, log: Log): Promise<void> {
  if (journal.bytes <= queueBytes) return
  const before = journal.first
  await journal.prune(journal.first + Math.ceil((journal.next - journal.first) / 2))
  const frames = journal.first - before
  if (frames > 0) log({ code: 'PASS_THROUGH_DROPPED', level: 'error', frames })
}
