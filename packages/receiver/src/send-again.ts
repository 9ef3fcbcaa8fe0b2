// `grantlog forward`: records from a ledger that is only read, beside a running receiver or from a
// copy, to one sink. See packages/cli/test/forward.test.ts.
import { type Assurance, decodeEnrolment, type LedgerReader, verdictOf } from '@grantlog/ledger'
import { assurancesIn } from './enrolment/leaves.ts'
import type { Log } from './flow.ts'
import { sendAgain, type SentAgain } from './forward/again.ts'
import { type DeadLetter, readDeadLetters } from './forward/io/dead-letter.ts'
import { systemTiming } from './forward/io/timing.ts'
import { recordSender } from './forward/sender.ts'
import { checkSinks, type ShownSinkOptions } from './forward/sink-options.ts'
import { committedFrames } from './ledger.ts'
import { LIMITS, type Limits } from './limits.ts'

export interface ForwardAgainOptions {
  readonly reader: Pick<LedgerReader, 'origin' | 'frames' | 'journal'>
  /** Of the receiver: says which keys somebody confirmed; else the whole log is asked. */
  readonly queueFolder: string
  readonly sink: ShownSinkOptions
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
export interface ForwardedAgain extends Omit<SentAgain, 'refused'> {
  readonly refused: number
  readonly refusals: readonly Pick<DeadLetter, 'status' | 'error' | 'indexes'>[]
}

/** Errors: RECEIVER_SINK_INVALID; those of reading the ledger. */
export async function forwardAgain(options: ForwardAgainOptions): Promise<ForwardedAgain> {
  const { from, log, reader, signal, sink } = options
  checkSinks([sink])
  const limits = { ...LIMITS, ...options.limits }
  const verdictOf = await verdicts(options)
  const sender = recordSender(sink, { limits, log, abandoned: signal })
  try {
    const { refused, ...done } = await sendAgain({
      ...options,
      sink: sink.name,
      frames: committedFrames(reader.frames(await frameOf(reader, from))),
      projection: {
        origin: reader.origin,
        personalData: sink.personalData ?? 'pseudonymised',
        verdictOf,
      },
      send: (units) => sender.send(units),
      batchRecords: limits.sinkBatchSpans,
      limits,
      timing: systemTiming(),
    })
    const refusals = refused.map(({ units, why }) => ({
      ...why,
      indexes: units.map(({ index }) => index),
    }))
    return { ...done, refused: refused.reduce((sum, { spans }) => sum + spans, 0), refusals }
  } finally {
    sender.close()
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
export async function frameOf(
  { frames, journal }: ForwardAgainOptions['reader'],
  index: number,
): Promise<number> {
  let [low, high] = [journal.first, Math.max(journal.first, journal.next - 1)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    let first = Infinity
    for await (const frame of frames(middle)) {
      first = frame.first
      break
    }
    if (first <= index) low = middle
    else high = middle - 1
  }
  return low
}
