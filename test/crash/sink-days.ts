// Days of forwarding in seconds: real HTTP servers as sinks, a clock that jumps to the next event
// as soon as every consumer waits for one, and a log that gets three records each twenty minutes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { canonicalize, REGISTRY_VERSION } from '@grantlog/record'
import { decodeTraceRequest } from '@grantlog/record/otlp'
import { encodeLeaf, sha256 } from '@grantlog/ledger'
import { base64url } from '@grantlog/record'
import type { FrameQueue } from '../../packages/receiver/src/forward/pass-through.ts'
import type { CommittedFrame, FrameLog } from '../../packages/receiver/src/forward/records.ts'
import type { Timing } from '../../packages/receiver/src/forward/outage.ts'
import { recordToCommit, spanOf, testProducer } from '../../packages/ledger/test/producer.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
const frameMs = HOUR_MS / 3
const recordsEach = 3
const startMs = 1_790_000_000_000

interface Parked {
  readonly at: number
  readonly wake: () => void
}

/** Virtual time for a number of consumers. */
export class Days {
  /** Milliseconds since the beginning. */
  elapsedMs = 0
  /** Every wait between attempts. */
  readonly waits: number[] = []
  readonly #parked = new Set<Parked>()
  readonly #consumers: number
  readonly #ended = Promise.withResolvers<void>()
  readonly timing: Timing

  constructor(consumers: number, random: () => number) {
    this.#consumers = consumers
    this.timing = {
      now: () => startMs + this.elapsedMs,
      uptimeMs: () => this.elapsedMs,
      random,
      sleep: (ms, signal) => {
        this.waits.push(ms)
        return this.park(this.elapsedMs + ms, signal)
      },
    }
  }

  get hour(): number {
    return this.elapsedMs / HOUR_MS
  }

  /** Resolves when every consumer waits for something that never comes. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  park(at: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const parked: Parked = {
      at,
      wake: () => {
        this.#parked.delete(parked)
        signal.removeEventListener('abort', parked.wake)
        resolve()
      },
    }
    if (signal.aborted) return Promise.resolve()
    signal.addEventListener('abort', parked.wake)
    this.#parked.add(parked)
    if (this.#parked.size === this.#consumers) this.#jump()
    return promise
  }

  #jump(): void {
    const next = Math.min(...[...this.#parked].map(({ at }) => at))
    if (next === Infinity) return this.#ended.resolve()
    this.elapsedMs = Math.max(this.elapsedMs, next)
    for (const parked of [...this.#parked]) if (parked.at <= this.elapsedMs) parked.wake()
  }
}

/** A log whose frame `n` is committed at `n` times twenty minutes. */
export function growingLog(days: Days, frames: number): FrameLog & { readonly next: number } {
  const producer = testProducer()
  const count = (): number => Math.min(frames, Math.floor(days.elapsedMs / frameMs) + 1)
  return {
    get next() {
      return count()
    },
    async *read(from) {
      for (let number = from; number < count(); number++) yield frameOf(number, producer)
    },
    waitFor: (number, signal) => days.park(number < frames ? number * frameMs : Infinity, signal),
  }
}

export const recordsOf = (frames: number): number => frames * recordsEach
export const framesIn = (durationMs: number): number => Math.floor(durationMs / frameMs)
/** When the record with this index was committed. */
export const committedAt = (index: number): number => Math.floor(index / recordsEach) * frameMs

function frameOf(
  number: number,
  { kid, instance }: ReturnType<typeof testProducer>,
): CommittedFrame {
  const records = Array.from({ length: recordsEach }, (_, at) => {
    const index = number * recordsEach + at
    const span = spanOf({ seq: index })
    const { digest, canonical } = canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
    const { id, type } = recordToCommit(span)
    const leaf = { digest: base64url(digest), id, instance, kid, receivedAt: 0, seq: index, type }
    return { index, entry: encodeLeaf({ ...leaf, v: 1 }), kid, canonical, openings: [] }
  })
  return { number, records }
}

export function emptyQueue(days: Days): FrameQueue & {
  readonly next: number
  done(number: number): Promise<void>
} {
  return {
    first: 0,
    next: 0,
    // eslint-disable-next-line no-empty-function -- nothing passes through
    async *read() {},
    waitFor: (_number, signal) => days.park(Infinity, signal),
    done: async () => undefined,
  }
}

/** A status, or what is done with the request instead. */
export type Answer = number | ((request: IncomingMessage, response: ServerResponse) => void)

export interface DaySink {
  readonly url: string
  /** Indexes in the order in which they were taken, with the hour. */
  readonly taken: { readonly index: number; readonly hour: number }[]
  /** Attempts by the answer they got: a status, or `odd`. */
  readonly answers: Map<string, number>
  largest: number
  close(): Promise<void>
}

/** An OTLP server whose answers depend on the hour and on what it is sent. */
export async function startDaySink(
  days: Days,
  answer: (hour: number, indexes: readonly number[], attempt: number) => Answer,
): Promise<DaySink> {
  let attempts = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const indexes = indexesIn(Buffer.concat(chunks))
      sink.largest = Math.max(sink.largest, indexes.length)
      const given = answer(days.hour, indexes, attempts++)
      const word = typeof given === 'number' ? String(given) : 'odd'
      sink.answers.set(word, (sink.answers.get(word) ?? 0) + 1)
      if (typeof given !== 'number') return given(request, response)
      if (given === 200) for (const index of indexes) sink.taken.push({ index, hour: days.hour })
      response.writeHead(given).end()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const sink: DaySink = {
    url: `http://127.0.0.1:${port}/v1/traces`,
    taken: [],
    answers: new Map(),
    largest: 0,
    close: () => closed(server),
  }
  return sink
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

function indexesIn(body: Uint8Array): number[] {
  return decodeTraceRequest(body).groups.flatMap(({ spans }) =>
    spans.map((decoded) => {
      if ('error' in decoded) throw decoded.error
      const mark = decoded.unsigned['grantlog.index'] as { stringValue: string }
      return Number(mark.stringValue)
    }),
  )
}
