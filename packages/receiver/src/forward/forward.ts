// All sinks: each has a consumer of sealed records, one of sealed log records and, for each signal
// of pass-through that it takes, one more, with offsets of their own: none holds up another.
import { join } from 'node:path'
import { type Files, nodeFiles } from '@grantlog/journal'
import type { Log, Signal } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { coreFeed } from './core.ts'
import type { EvidenceLog } from './core/source.ts'
import { filterOf } from './filter.ts'
import { deadLetterWriter, type DeadLetterWriter } from './io/dead-letter.ts'
import type { post } from './io/post.ts'
import { systemTiming } from './io/timing.ts'
import { beginBehind } from './logs/begin.ts'
import { type LogFrames, logSource } from './logs/source.ts'
import { openSinkOffset, type SinkOffsetOptions } from './offset.ts'
import { encodePassThrough, type FrameQueue, passThroughSource } from './pass-through.ts'
import type { Projection } from './project.ts'
import type { RecentCommits } from './recent.ts'
import { type FrameLog, recordSource } from './records.ts'
import { exporterTo, logSender, recordSender } from './sender.ts'
import {
  checkSinks,
  type GrantlogSinkOptions,
  isCore,
  isOtlp,
  type OtlpSinkOptions,
  type ShownSinkOptions,
  signalsOf,
  type SinkOptions,
  type SinkStatus,
  takesLogs,
  urlFor,
} from './sink-options.ts'
import type { Unit } from './deliver.ts'
import type { Timing } from './outage.ts'
import { consume, type ConsumerOptions, type ConsumerState, type Source } from './sink.ts'

export interface ForwardOptions {
  readonly sinks: readonly SinkOptions[]
  readonly folder: string
  readonly records: FrameLog & { readonly next: number }
  /** The same with what proves it; without it there can be no sink of type grantlog. */
  readonly evidence?: EvidenceLog
  /** The same with log records only; without it no sink gets any. */
  readonly logs?: LogFrames
  /** Of each signal that some sink takes. */
  readonly queues: Partial<Record<Signal, ConsumedQueue>>
  readonly projection: Omit<Projection, 'personalData'>
  /** The newest commits in memory; left out, all is read from `records`. */
  readonly recent?: Pick<RecentCommits, 'get'>
  readonly limits: Limits
  readonly now: () => number
  readonly log: Log
  /** In place of the system's timers and chance. */
  readonly timing?: Partial<Timing>
  /** In place of the local disk. */
  readonly files?: Files
  /** In place of HTTP. */
  readonly post?: typeof post
}

export type ConsumedQueue = FrameQueue & {
  readonly next: number
  done(number: number): Promise<void>
}

export interface Forwarding {
  readonly sinks: readonly SinkStatus[]
  /**
   * Begins nothing further, and gives what is under way `sinkDrainMs` to be answered; what was not
   * taken by then comes again at the next start.
   */
  close(): Promise<void>
}

interface Running {
  readonly state: ConsumerState
  readonly lag: () => number
  readonly offset: () => number
  readonly held: () => number
  readonly lost: () => number
  readonly ended: Promise<void>
  stopped: boolean
}

/** The consumers of one sink. */
interface RunningSink {
  readonly sink: SinkOptions
  readonly records: Running
  /** Undefined: it takes none. */
  readonly logs: Running | undefined
  readonly passThrough: ReadonlyMap<Signal, Running>
}

/** Errors: RECEIVER_SINK_INVALID; JOURNAL_OFFSET_CORRUPT for a damaged offset file. */
export async function startForwarding(options: ForwardOptions): Promise<Forwarding> {
  checkSinks(options.sinks)
  const stop = new AbortController()
  const abandon = new AbortController()
  const running: RunningSink[] = []
  const started: Running[] = []

  async function startSink(sink: SinkOptions): Promise<void> {
    const signals = { signal: stop.signal, abandoned: abandon.signal }
    const context = { ...options, ...signals, writeLetter: letterWriter(options, sink) }
    // First: what the others have on the disk tells whether the sink is new.
    const logs = takesLogs(sink) ? await startLogs({ ...context, sink }) : undefined
    if (logs !== undefined) started.push(logs)
    const records = isCore(sink)
      ? await startCore({ ...context, sink })
      : await startRecords({ ...context, sink })
    started.push(records)
    const passThrough = new Map<Signal, Running>()
    for (const signal of signalsOf([sink])) {
      const queue = options.queues[signal]
      if (queue === undefined || !isOtlp(sink)) continue
      const onMoved = (): void => prune(signal, queue)
      const each = await startPassThrough({ queue, signal, onMoved }, { ...context, sink })
      started.push(each)
      passThrough.set(signal, each)
    }
    running.push({ sink, records, logs, passThrough })
  }

  /** What every sink has got needs no place on the disk. */
  function prune(signal: Signal, queue: ConsumedQueue): void {
    const takers = options.sinks.filter((sink) => urlFor(sink, signal) !== null)
    const passing = running.flatMap(({ passThrough }) => passThrough.get(signal) ?? [])
    if (passing.length < takers.length) return
    const least = Math.min(...passing.map(({ offset }) => offset()))
    queue.done(least).catch((error: unknown) => {
      options.log({ code: 'PRUNE_FAILED', level: 'error', detail: String(error) })
    })
  }

  async function close(): Promise<void> {
    stop.abort()
    const giveUp = setTimeout(() => abandon.abort(), options.limits.sinkDrainMs)
    await Promise.all(started.map(({ ended }) => ended))
    clearTimeout(giveUp)
  }

  try {
    for (const sink of options.sinks) await startSink(sink)
  } catch (error) {
    // Those that run already must not go on without anybody to stop them.
    await close()
    throw error
  }
  return {
    get sinks() {
      return running.map(statusOf)
    },
    close,
  }
}

/** One for all consumers of a sink: they share its files. */
function letterWriter(
  { files = nodeFiles(), folder, limits, log }: ForwardOptions,
  { name: sink }: SinkOptions,
): DeadLetterWriter {
  const onRotated = (dropped: boolean): void =>
    log({ code: 'DEAD_LETTERS_ROTATED', level: 'error', sink, dropped })
  return deadLetterWriter({ folder, sink, maxBytes: limits.deadLetterBytes, onRotated, files })
}

export type Context<S extends SinkOptions = SinkOptions> = ForwardOptions & {
  readonly sink: S
  readonly writeLetter: DeadLetterWriter
  /** Nothing further is begun. */
  readonly signal: AbortSignal
  /** What is under way is broken off. */
  readonly abandoned: AbortSignal
}

async function startRecords(context: Context<ShownSinkOptions>): Promise<Running> {
  const { folder, limits, projection, recent, records, sink } = context
  const personalData = sink.personalData ?? 'pseudonymised'
  const { filter } = sink
  const isShownAsKept = isOtlp(sink) && personalData === 'pseudonymised' && filter === undefined
  const source = recordSource(records, {
    projection: { ...projection, personalData },
    maxSpans: limits.sinkBatchSpans,
    maxSpansInMemory: limits.sinkLoadSpans,
    recent: isShownAsKept ? recent : undefined,
    isWanted: filter && filterOf(filter),
  })
  const feed = {
    source,
    offsetFile: join(folder, `${sink.name}.offset`),
    newest: () => records.next,
  }
  return await start({ ...feed, ...recordSender(sink, context) }, context)
}

/** Records with their evidence, to another receiver. */
async function startCore(context: Context<GrantlogSinkOptions>): Promise<Running> {
  const feed = await coreFeed(context)
  try {
    return await start(feed, context)
  } catch (error) {
    await feed.close?.()
    throw error
  }
}

/** Audit log records. */
async function startLogs(context: Context<ShownSinkOptions>): Promise<Running | undefined> {
  const { folder, limits, logs, projection, queues, sink } = context
  if (logs === undefined) return undefined
  const { filter, personalData = 'pseudonymised' } = sink
  const source = logSource(logs, {
    projection: { origin: projection.origin, personalData },
    maxLogs: limits.sinkBatchSpans,
    maxLeaves: limits.sinkLoadSpans,
    isWanted: filter && filterOf(filter),
  })
  const feed = {
    source,
    offsetFile: join(folder, `${sink.name}.ledger-logs.offset`),
    formers: [
      {
        file: join(folder, `${sink.name}.${kinds.logs}.offset`),
        begin: () => beginBehind(queues.logs, logs),
      },
      // It never got any.
      { file: join(folder, `${sink.name}.offset`), begin: () => Promise.resolve(0) },
    ],
    newest: () => logs.commits.end,
    next: () => logs.commits.next,
  }
  return await start({ ...feed, ...logSender(sink, context) }, context)
}

interface Passing {
  readonly queue: ConsumedQueue
  readonly signal: Signal
  readonly onMoved: () => void
}

/** Spans keep the names they had before there were other signals. */
const kinds = {
  traces: 'pass-through',
  logs: 'pass-through-logs',
  metrics: 'pass-through-metrics',
} as const satisfies Readonly<Record<Signal, Source<Unit>['kind']>>

async function startPassThrough(
  { onMoved, queue, signal }: Passing,
  context: Context<OtlpSinkOptions>,
): Promise<Running> {
  const { folder, limits, sink } = context
  const feed = {
    source: passThroughSource(queue, limits.sinkBatchBytes, kinds[signal]),
    offsetFile: join(folder, `${sink.name}.${kinds[signal]}.offset`),
    newest: () => queue.next,
    ...exporterTo(sink, context, { signal, encode: encodePassThrough }),
    onMoved,
  }
  return await start(feed, context)
}

export interface Feed<U extends Unit> extends Pick<ConsumerOptions<U>, 'send' | 'onMoved'> {
  readonly source: Source<U>
  readonly offsetFile: string
  /** See SinkOffsetOptions. */
  readonly formers?: SinkOffsetOptions['formers']
  /** Number of the frame behind the last one with something to send. */
  readonly newest: () => number
  /** Number of the next frame of the source; default: the same. */
  readonly next?: () => number
  readonly close?: () => void | Promise<void>
  /** Records that are held; default: none ever are. */
  readonly held?: () => number
  /** See SinkStatus; default: none ever are. */
  readonly lost?: () => number
}

async function start<U extends Unit>(feed: Feed<U>, context: Context): Promise<Running> {
  const { limits, log, now, signal, sink } = context
  const { formers, newest, next = newest, offsetFile, source } = feed
  const offset = await openSinkOffset({
    file: offsetFile,
    origin: context.projection.origin,
    next: next(),
    formers,
    sink: sink.name,
    log,
    files: context.files,
  })
  const counts = { forwarded: 0, buried: 0, attempts: 0, reason: '' }
  const state: ConsumerState = { ...counts, next: offset.value }
  const timing = { ...systemTiming(now), ...context.timing }
  const consumer: ConsumerOptions<U> = {
    ...{ sink: sink.name, offset, limits, timing, log, signal },
    ...{ source, send: feed.send, onMoved: (next) => feed.onMoved?.(next) },
    writeLetter: context.writeLetter,
  }
  const running: Running = {
    state,
    lag: () => Math.max(0, newest() - Math.max(state.next, source.first)),
    offset: () => offset.value,
    held: feed.held ?? (() => 0),
    lost: feed.lost ?? (() => 0),
    stopped: false,
    ended: consume(consumer, state)
      .catch((error: unknown) => {
        if (signal.aborted) return
        running.stopped = true
        const detail = error instanceof Error ? error.message : String(error)
        log({ code: 'SINK_STOPPED', level: 'error', sink: sink.name, source: source.kind, detail })
      })
      .then(async () => feed.close?.()),
  }
  return running
}

function statusOf({ logs, passThrough, records, sink }: RunningSink): SinkStatus {
  const passing = [...passThrough.values()]
  const all = [records, ...(logs ? [logs] : []), ...passing]
  const sum = (of: (each: Running) => number, from = all): number =>
    from.reduce((total, each) => total + of(each), 0)
  return {
    name: sink.name,
    type: sink.type ?? 'otlp',
    forwarded: sum(({ state }) => state.forwarded),
    refused: sum(({ state }) => state.buried),
    held: records.held(),
    lost: records.lost(),
    retries: Math.max(...all.map(({ state }) => state.attempts)),
    reason: all.find(({ state }) => state.reason !== '')?.state.reason ?? '',
    lag: {
      commits: records.lag(),
      logs: logs?.lag() ?? 0,
      passThrough: sum(({ lag }) => lag(), passing),
    },
    stopped: all.some(({ stopped }) => stopped),
  }
}
