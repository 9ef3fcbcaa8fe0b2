// All sinks: each has two consumers with their own offsets, one of sealed records and one of
// pass-through, so that neither holds up the other.
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ReceiverError } from '../codes.ts'
import type { Log } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { writeDeadLetter } from './io/dead-letter.ts'
import { post } from './io/post.ts'
import { openSinkOffset } from './offset.ts'
import { type FrameQueue, passThroughSource } from './pass-through.ts'
import type { PersonalData, Projection } from './project.ts'
import { type FrameLog, recordSource } from './records.ts'
import { consume, type ConsumerState, type Source, type Unit } from './sink.ts'

/** Somewhere that takes OTLP/HTTP protobuf: Jaeger, Tempo, a Collector. */
export interface SinkOptions {
  /** Names its offset and dead-letter files: `[a-z0-9-]+`, and kept for good. */
  readonly name: string
  /** The whole URL, with `/v1/traces`. */
  readonly url: string
  /** Sent with each request; may hold a token, never logged. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default `pseudonymised`. */
  readonly personalData?: PersonalData
}

export interface SinkStatus {
  readonly name: string
  /** Spans taken by the sink, and refused by it for good, since the start. */
  readonly forwarded: number
  readonly refused: number
  /** Failed attempts in a row; 0 when the sink is well. */
  readonly retries: number
  /** Commits and pass-through frames it has not got yet. */
  readonly lag: { readonly commits: number; readonly passThrough: number }
  /** True when its own files failed and it was given up. */
  readonly stopped: boolean
}

export interface ForwardOptions {
  readonly sinks: readonly SinkOptions[]
  readonly folder: string
  readonly records: FrameLog & { readonly next: number }
  readonly queue: FrameQueue & { readonly next: number; done(number: number): Promise<void> }
  readonly projection: Omit<Projection, 'personalData'>
  readonly limits: Limits
  readonly now: () => number
  readonly log: Log
}

export interface Forwarding {
  readonly sinks: readonly SinkStatus[]
  /** Ends requests under way; what was not taken comes again at the next start. */
  close(): Promise<void>
}

interface Running {
  readonly state: ConsumerState
  readonly lag: () => number
  readonly offset: () => number
  readonly ended: Promise<void>
  stopped: boolean
}

/** Errors: RECEIVER_SINK_INVALID; JOURNAL_OFFSET_CORRUPT for a damaged offset file. */
export async function startForwarding(options: ForwardOptions): Promise<Forwarding> {
  checkSinks(options.sinks)
  const { folder, limits, projection, queue, records } = options
  const stop = new AbortController()
  const running = new Map<string, { readonly records: Running; readonly passThrough: Running }>()
  for (const sink of options.sinks) {
    const personalData = sink.personalData ?? 'pseudonymised'
    const context = { ...options, sink, signal: stop.signal }
    running.set(sink.name, {
      records: await start(
        {
          source: recordSource(records, { ...projection, personalData }, limits.sinkBatchSpans),
          offsetFile: join(folder, `${sink.name}.offset`),
          newest: () => records.next,
        },
        context,
      ),
      passThrough: await start(
        {
          source: passThroughSource(queue, limits.sinkBatchBytes),
          offsetFile: join(folder, `${sink.name}.pass-through.offset`),
          newest: () => queue.next,
          onMoved: prune,
        },
        context,
      ),
    })
  }
  const all = (): Running[] => [...running.values()].flatMap((of) => [of.records, of.passThrough])

  /** What every sink has got needs no place on the disk. */
  function prune(): void {
    const least = Math.min(...Array.from(running.values(), (of) => of.passThrough.offset()))
    if (running.size < options.sinks.length) return
    queue.done(least).catch((error: unknown) => {
      options.log({ code: 'PRUNE_FAILED', level: 'error', detail: String(error) })
    })
  }

  return {
    get sinks() {
      return Array.from(running, ([name, of]) => statusOf(name, of.records, of.passThrough))
    },
    async close() {
      stop.abort()
      await Promise.all(all().map(({ ended }) => ended))
    },
  }
}

interface Feed<U extends Unit> {
  readonly source: Source<U>
  readonly offsetFile: string
  /** Number of the next frame of the source. */
  readonly newest: () => number
  readonly onMoved?: () => void
}

async function start<U extends Unit>(
  { source, offsetFile, newest, onMoved }: Feed<U>,
  context: ForwardOptions & { readonly sink: SinkOptions; readonly signal: AbortSignal },
): Promise<Running> {
  const { folder, limits, log, now, signal, sink } = context
  const offset = await openSinkOffset({
    file: offsetFile,
    origin: context.projection.origin,
    next: newest(),
    sink: sink.name,
    log,
  })
  const state: ConsumerState = { forwarded: 0, buried: 0, attempts: 0 }
  const to = { url: sink.url, headers: sink.headers ?? {}, timeoutMs: limits.sinkTimeoutMs, signal }
  const consumer = {
    sink: sink.name,
    source,
    offset,
    post: (body: Uint8Array) => post(body, to),
    bury: (letter: Parameters<typeof writeDeadLetter>[1]) =>
      writeDeadLetter(join(folder, `${sink.name}.dead.jsonl`), letter),
    limits,
    now,
    random: Math.random,
    sleep,
    log,
    signal,
    onMoved: () => onMoved?.(),
  }
  const running: Running = {
    state,
    lag: () => Math.max(0, newest() - Math.max(offset.value, source.first)),
    offset: () => offset.value,
    stopped: false,
    ended: consume(consumer, state).catch((error: unknown) => {
      if (signal.aborted) return
      running.stopped = true
      const detail = error instanceof Error ? error.message : String(error)
      log({ code: 'SINK_STOPPED', level: 'error', sink: sink.name, source: source.kind, detail })
    }),
  }
  return running
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => undefined)
}

function statusOf(name: string, records: Running, passThrough: Running): SinkStatus {
  return {
    name,
    forwarded: records.state.forwarded + passThrough.state.forwarded,
    refused: records.state.buried + passThrough.state.buried,
    retries: Math.max(records.state.attempts, passThrough.state.attempts),
    lag: { commits: records.lag(), passThrough: passThrough.lag() },
    stopped: records.stopped || passThrough.stopped,
  }
}

function checkSinks(sinks: readonly SinkOptions[]): void {
  const names = new Set<string>()
  for (const { name, url } of sinks) {
    if (!/^[a-z0-9-]{1,64}$/.test(name) || names.has(name)) {
      throw new ReceiverError('RECEIVER_SINK_INVALID', 'name')
    }
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
      throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: url`)
    }
    names.add(name)
  }
}
