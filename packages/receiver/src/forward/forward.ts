// All sinks: each has a consumer of sealed records and, if it takes other spans too, one of
// pass-through, with offsets of their own, so that neither holds up the other.
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { writeDeadLetter } from './io/dead-letter.ts'
import { post } from './io/post.ts'
import { openSearchClient } from './io/search-client.ts'
import { openSinkOffset } from './offset.ts'
import { encodePassThrough, type FrameQueue, passThroughSource } from './pass-through.ts'
import type { Projection } from './project.ts'
import { encodeRecords, type FrameLog, recordSource } from './records.ts'
import type { SendOutcome } from './outcome.ts'
import { createSearchSender } from './search.ts'
import {
  checkSinks,
  isOtlp,
  type OtlpSinkOptions,
  type SearchSinkOptions,
  type SinkOptions,
  type SinkStatus,
} from './sink-options.ts'
import {
  consume,
  type ConsumerOptions,
  type ConsumerState,
  type Source,
  type Unit,
} from './sink.ts'

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

/** The consumers of one sink. */
interface RunningSink {
  readonly sink: SinkOptions
  readonly records: Running
  readonly passThrough: Running | null
}

/** Errors: RECEIVER_SINK_INVALID; JOURNAL_OFFSET_CORRUPT for a damaged offset file. */
export async function startForwarding(options: ForwardOptions): Promise<Forwarding> {
  checkSinks(options.sinks)
  const stop = new AbortController()
  const otlpSinks = options.sinks.filter(isOtlp)
  const running: RunningSink[] = []
  const passing = (): Running[] => running.flatMap(({ passThrough }) => passThrough ?? [])
  for (const sink of options.sinks) {
    const context = { ...options, sink, signal: stop.signal }
    const records = await startRecords(context)
    const passThrough = isOtlp(sink) ? await startPassThrough({ ...context, sink }, prune) : null
    running.push({ sink, records, passThrough })
  }

  /** What every sink has got needs no place on the disk. */
  function prune(): void {
    if (passing().length < otlpSinks.length) return
    const least = Math.min(...passing().map(({ offset }) => offset()))
    options.queue.done(least).catch((error: unknown) => {
      options.log({ code: 'PRUNE_FAILED', level: 'error', detail: String(error) })
    })
  }

  return {
    get sinks() {
      return running.map(statusOf)
    },
    async close() {
      stop.abort()
      await Promise.all(
        [...running.map(({ records }) => records), ...passing()].map((r) => r.ended),
      )
    },
  }
}

type Context<S extends SinkOptions = SinkOptions> = ForwardOptions & {
  readonly sink: S
  readonly signal: AbortSignal
}

async function startRecords(context: Context): Promise<Running> {
  const { folder, limits, projection, records, sink } = context
  const personalData = sink.personalData ?? 'pseudonymised'
  const source = recordSource(records, { ...projection, personalData }, limits.sinkBatchSpans)
  const feed = {
    source,
    offsetFile: join(folder, `${sink.name}.offset`),
    newest: () => records.next,
  }
  if (isOtlp(sink))
    return await start({ ...feed, send: postTo(sink, context, encodeRecords) }, context)
  const sender = createSearchSender({
    sink: sink.name,
    open: opening(sink, context),
    log: context.log,
  })
  return await start({ ...feed, ...sender }, context)
}

async function startPassThrough(
  context: Context<OtlpSinkOptions>,
  onMoved: () => void,
): Promise<Running> {
  const { folder, limits, queue, sink } = context
  const feed = {
    source: passThroughSource(queue, limits.sinkBatchBytes),
    offsetFile: join(folder, `${sink.name}.pass-through.offset`),
    newest: () => queue.next,
    send: postTo(sink, context, encodePassThrough),
    onMoved,
  }
  return await start(feed, context)
}

function postTo<U extends Unit>(
  { headers = {}, url }: OtlpSinkOptions,
  { limits, signal }: Context,
  encode: (units: readonly U[]) => Uint8Array,
): (units: readonly U[]) => Promise<SendOutcome> {
  return (units) => post(encode(units), { url, headers, timeoutMs: limits.sinkTimeoutMs, signal })
}

function opening({ headers = {}, type, url }: SearchSinkOptions, { limits, signal }: Context) {
  return () => openSearchClient({ type, url, headers, timeoutMs: limits.sinkTimeoutMs, signal })
}

interface Feed<U extends Unit> extends Pick<ConsumerOptions<U>, 'send' | 'onMoved'> {
  readonly source: Source<U>
  readonly offsetFile: string
  /** Number of the next frame of the source. */
  readonly newest: () => number
  readonly close?: () => void
}

async function start<U extends Unit>(feed: Feed<U>, context: Context): Promise<Running> {
  const { folder, limits, log, now, signal, sink } = context
  const { newest, offsetFile, source } = feed
  const offset = await openSinkOffset({
    file: offsetFile,
    origin: context.projection.origin,
    next: newest(),
    sink: sink.name,
    log,
  })
  const state: ConsumerState = { forwarded: 0, buried: 0, attempts: 0, reason: '' }
  const consumer: ConsumerOptions<U> = {
    ...{ sink: sink.name, offset, limits, now, log, signal, random: Math.random, sleep },
    ...{ source, send: feed.send, onMoved: (next) => feed.onMoved?.(next) },
    writeLetter: (letter) => writeDeadLetter(join(folder, `${sink.name}.dead.jsonl`), letter),
  }
  const running: Running = {
    state,
    lag: () => Math.max(0, newest() - Math.max(offset.value, source.first)),
    offset: () => offset.value,
    stopped: false,
    ended: consume(consumer, state)
      .catch((error: unknown) => {
        if (signal.aborted) return
        running.stopped = true
        const detail = error instanceof Error ? error.message : String(error)
        log({ code: 'SINK_STOPPED', level: 'error', sink: sink.name, source: source.kind, detail })
      })
      .finally(feed.close),
  }
  return running
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => undefined)
}

function statusOf({ passThrough, records, sink }: RunningSink): SinkStatus {
  const both = passThrough === null ? [records] : [records, passThrough]
  const sum = (count: (state: ConsumerState) => number): number =>
    both.reduce((total, { state }) => total + count(state), 0)
  return {
    name: sink.name,
    type: sink.type ?? 'otlp',
    forwarded: sum(({ forwarded }) => forwarded),
    refused: sum(({ buried }) => buried),
    retries: Math.max(...both.map(({ state }) => state.attempts)),
    reason: both.find(({ state }) => state.reason !== '')?.state.reason ?? '',
    lag: { commits: records.lag(), passThrough: passThrough?.lag() ?? 0 },
    stopped: both.some(({ stopped }) => stopped),
  }
}
