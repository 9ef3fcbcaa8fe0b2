// `grantlog forward`: records, or log records, from a ledger that is only read, beside a running
// receiver or from a copy, to one sink. See packages/cli/test/forward.test.ts and logs.test.ts.
import { type Assurance, decodeEnrolment, type LedgerReader, verdictOf } from '@grantlog/ledger'
import { ReceiverError } from './codes.ts'
import { assurancesIn } from './enrolment/leaves.ts'
import type { Log } from './flow.ts'
import { type AgainOptions, sendAgain, type SentAgain } from './forward/again.ts'
import type { Unit } from './forward/deliver.ts'
import { type DeadLetter, readDeadLetters } from './forward/io/dead-letter.ts'
import { systemTiming } from './forward/io/timing.ts'
import type { LogProjection } from './forward/logs/log-record.ts'
import { logUnitOf, type LogUnit } from './forward/logs/source.ts'
import type { Projection } from './forward/project.ts'
import { RecordUnit } from './forward/records.ts'
import { logSender, recordSender, type Sender } from './forward/sender.ts'
import { checkSinks, type ShownSinkOptions, takesLogs } from './forward/sink-options.ts'
import { frameAt } from './frame-at.ts'
import { committedFrames, logFrames } from './ledger.ts'
import { LIMITS, type Limits } from './limits.ts'

/** Records as spans, or audit log records. */
export type ForwardedKind = 'records' | 'logs'

/** Where the dead letters of a kind come from. */
export const letterSources: Readonly<Record<ForwardedKind, DeadLetter['source']>> = {
  records: 'ledger',
  logs: 'ledger-logs',
}

export interface ForwardAgainOptions {
  readonly reader: Pick<LedgerReader, 'origin' | 'frames' | 'journal'>
  /** Of the receiver: says which keys somebody confirmed; else the whole log is asked. */
  readonly queueFolder: string
  readonly sink: ShownSinkOptions
  /** Default `records`. */
  readonly kind?: ForwardedKind
  /** Indexes of the first and the last record. */
  readonly from: number
  readonly to: number
  readonly only?: ReadonlySet<number>
  readonly limits?: Partial<Limits>
  /** Milliseconds that the sink may be away before it is given up. */
  readonly patienceMs: number
  readonly log: Log
  readonly signal: AbortSignal
  readonly onProgress?: (sent: number, next: number) => void
}

/** What became of it, in numbers, and for each refusal the records and the sink's word. */
export interface ForwardedAgain extends Omit<SentAgain<Unit>, 'refused'> {
  readonly refused: number
  readonly refusals: readonly Pick<DeadLetter, 'status' | 'error' | 'indexes'>[]
}

/** Errors: RECEIVER_SINK_INVALID, also for log records to a sink without a place for them. */
export async function forwardAgain(options: ForwardAgainOptions): Promise<ForwardedAgain> {
  const { kind = 'records', log, reader, signal, sink } = options
  checkSinks([sink])
  const context = { limits: { ...LIMITS, ...options.limits }, log, abandoned: signal }
  const personalData = sink.personalData ?? 'pseudonymised'
  if (kind === 'logs') {
    const isFor: boolean = takesLogs(sink)
    if (!isFor) throw new ReceiverError('RECEIVER_SINK_INVALID', `${sink.name}: url`)
    const units = logUnits(options, { origin: reader.origin, personalData })
    return await sendUnits(options, { units, ...logSender(sink, context) })
  }
  const verdictOf = await verdicts(options)
  const units = recordUnits(options, { origin: reader.origin, personalData, verdictOf })
  return await sendUnits(options, { units, ...recordSender(sink, context) })
}

async function* recordUnits(
  { from, reader }: ForwardAgainOptions,
  projection: Projection,
): AsyncGenerator<RecordUnit, void, void> {
  const frames = reader.frames(await frameOf(reader, from))
  for await (const { records } of committedFrames(frames)) {
    for (const record of records) yield new RecordUnit(record, projection)
  }
}

async function* logUnits(
  { from, reader }: ForwardAgainOptions,
  projection: LogProjection,
): AsyncGenerator<LogUnit, void, void> {
  const frames = reader.frames(await frameOf(reader, from))
  for await (const { logs } of logFrames(frames)) {
    for (const log of logs) yield logUnitOf(log, projection)
  }
}

/** Sends them, and closes what sends. */
async function sendUnits<U extends Unit>(
  { kind = 'records', sink, ...options }: ForwardAgainOptions,
  { close, send, units }: Sender<U> & Pick<AgainOptions<U>, 'units'>,
): Promise<ForwardedAgain> {
  const limits = { ...LIMITS, ...options.limits }
  try {
    const { refused, ...done } = await sendAgain({
      ...options,
      sink: sink.name,
      source: letterSources[kind],
      units,
      send,
      batchRecords: limits.sinkBatchSpans,
      limits,
      timing: systemTiming(),
    })
    const refusals = refused.map(({ units: them, why }) => ({
      ...why,
      indexes: them.map(({ index }) => index),
    }))
    return { ...done, refused: refused.reduce((sum, { spans }) => sum + spans, 0), refusals }
  } finally {
    close()
  }
}

/** What a sink of a receiver refused for good; the oldest may be gone. */
export async function deadLetters(queueFolder: string, sink: string): Promise<DeadLetter[]> {
  return await readDeadLetters(queueFolder, sink)
}

async function verdicts({
  queueFolder,
  reader,
}: ForwardAgainOptions): Promise<(kid: string) => string> {
  const noted = await assurancesIn(queueFolder, reader.origin)
  const assurances = noted.size > 0 ? noted : await assurancesOf(reader)
  return (kid) => verdictOf(assurances.get(kid))
}

/** The last enrolment of each key, from the log itself. */
async function assurancesOf(reader: Pick<LedgerReader, 'frames'>): Promise<Map<string, Assurance>> {
  const found = new Map<string, Assurance>()
  for await (const { entries } of reader.frames(0)) {
    for (const { leaf, stored } of entries) {
      if (leaf.type !== 'key' || stored.kind !== 'content') continue
      found.set(leaf.id, decodeEnrolment(stored.content).assurance)
    }
  }
  return found
}

/** Number of the last frame that begins at or before the index. */
export function frameOf(
  { frames, journal: { first, next } }: ForwardAgainOptions['reader'],
  index: number,
): Promise<number> {
  return frameAt({ first, next, read: frames }, index)
}
