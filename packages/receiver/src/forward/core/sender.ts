// Sends records with their evidence, and log records, to a core receiver. A record is done with
// when something that the core signed is about it, and is kept: a receipt, or a refusal. What has
// neither is sent again, however often: nobody else's word moves the offset. The way out is the
// operator's, who gives up a record by its index. See core.test.ts and core-refusals.test.ts.
import { type ExportReply, reasonOf } from '../io/post.ts'
import { MAX_CORE_BATCHES, MAX_CORE_LOGS } from '../../limits.ts'
import { type Later, later, type SendOutcome, type UnitOutcome } from '../outcome.ts'
import { type CoreUnit, encodeSigned, isLogUnit, type RecordUnit } from './evidence.ts'
import type { KeptReceipts } from './kept.ts'
import { encodeLogsFor } from './log-record.ts'
import { type HeldRecords, isHeldFor } from './held.ts'
import { answerIn, type CoreKey, type Judged, judgedBy } from './receipts.ts'

export interface CoreSenderOptions {
  readonly key: CoreKey
  /** Of the log that is sent. */
  readonly origin: string
  readonly kept: Pick<KeptReceipts, 'keep'>
  /** What it refuses as it came there is held here. */
  readonly held: Pick<HeldRecords, 'hold' | 'release' | 'has'>
  readonly now: () => number
  /** Indexes of records that the core is not to get. */
  readonly abandoned?: ReadonlySet<number>
  /** One request; never rejects. */
  readonly ask: (body: Uint8Array, signal: 'traces' | 'logs') => Promise<ExportReply | Later>
}

/** Of one request that the core can't read, or not at once: half of it may be better. */
const WORTH_SPLITTING = new Set([400, 413])

export function coreSender({
  abandoned = new Set(),
  ask,
  held,
  kept,
  key,
  now,
  origin,
}: CoreSenderOptions): (units: readonly CoreUnit[]) => Promise<SendOutcome> {
  /** Null when they are durable; a full disk is waited for. */
  async function keep({ kept: notes, words }: Judged): Promise<Later | null> {
    try {
      await kept.keep(notes)
      return (await hold(held, words, now()))
        ? null
        : later('too many records are held: see `grantlog held`')
    } catch (error) {
      if ((error as { code?: string }).code !== 'JOURNAL_FULL') throw error
      return later('no space for its receipts')
    }
  }

  async function askFor(units: readonly CoreUnit[]): Promise<ExportReply | Later> {
    const [first] = units
    if (first === undefined || !isLogUnit(first)) {
      return await ask(encodeSigned(units as readonly RecordUnit[]), 'traces')
    }
    const logs = units.filter(isLogUnit).map(({ log }) => log)
    return await ask(encodeLogsFor(logs, origin), 'logs')
  }

  async function sendPart(units: readonly CoreUnit[]): Promise<readonly UnitOutcome[]> {
    const reply = await askFor(units)
    if (reply.outcome === 'later') return units.map(() => reply)
    if (WORTH_SPLITTING.has(reply.status) && units.length > 1) {
      return await inTurn([units.slice(0, units.length >> 1), units.slice(units.length >> 1)])
    }
    const answer = answerIn(reply.headers, key)
    const judged = judgedBy(units, answer)
    const trouble = await keep(judged)
    if (trouble !== null) return units.map(() => trouble)
    const rest = later(
      reasonOfRest(reply, units, { judged, key, foreign: answer.foreign }),
      reply.retryAfterMs,
    )
    return units.map((unit) => outcomeOf(judged.words.get(unit)) ?? rest)
  }

  /** One after the other; behind one that is to come again nothing more is sent. */
  async function inTurn(parts: readonly (readonly CoreUnit[])[]): Promise<UnitOutcome[]> {
    const outcomes: UnitOutcome[] = []
    for (const part of parts) {
      const last = outcomes.findLast(({ outcome }) => outcome === 'later')
      outcomes.push(...(last === undefined ? await sendPart(part) : part.map(() => last)))
    }
    return outcomes
  }

  return async (units) => {
    const wanted = units.filter(({ index }) => !abandoned.has(index))
    const parts = [...partsOf(wanted)]
    const outcomes = await inTurn(parts)
    const byUnit = new Map(parts.flat().map((unit, at) => [unit, outcomes[at]!]))
    return { outcome: 'each', units: units.map((unit) => byUnit.get(unit) ?? ABANDONED) }
  }
}

/** Final at once, as what a sink says of a part of a request. */
const ABANDONED: UnitOutcome = { outcome: 'refused', status: 200, error: 'ABANDONED' }

function outcomeOf(word: 'taken' | { readonly refused: string } | undefined): UnitOutcome | null {
  if (word === undefined) return null
  if (word === 'taken') return { outcome: 'taken' }
  // Not 200: that would be final at once, and perhaps only the core is to be set right.
  return { outcome: 'refused', status: 422, error: word.refused }
}

interface Unanswered {
  readonly judged: Judged
  readonly key: CoreKey
  /** Origins of what others signed. */
  readonly foreign: readonly string[]
}

/** Why there are records that nothing signed is about; the first of them is named. */
function reasonOfRest(
  { message, rejected, status }: ExportReply,
  units: readonly CoreUnit[],
  { foreign, judged, key }: Unanswered,
): string {
  if (status === 404) {
    return `HTTP 404: there is no log ${key.origin} for this sender; see receiptKey of the sink`
  }
  const first = units.find((unit) => !judged.words.has(unit))
  const at = `index ${first?.index ?? ''}`
  if (rejected === null) return units.length === 1 ? `${reasonOf(status)}, ${at}` : reasonOf(status)
  if (foreign.length > 0) {
    return `signed by ${foreign.join(' ')} with another key than receiptKey, of ${key.origin}`
  }
  const codes = [...message.matchAll(/\b([A-Z_]{4,20}): /g)].map(([, code]) => code!)
  if (codes.length === 0) return `no receipt for all records, ${at}`
  return `refused, and not signed by receiptKey: ${codes.join(' ')}, ${at}`
}

/** At most so many batches in a request as a core verifies at once; then log records. */
function* partsOf(units: readonly CoreUnit[]): Generator<readonly CoreUnit[]> {
  yield* batchesOf(units.filter((unit) => 'record' in unit))
  const logs = units.filter(isLogUnit)
  for (let at = 0; at < logs.length; at += MAX_CORE_LOGS) yield logs.slice(at, at + MAX_CORE_LOGS)
}

function* batchesOf(units: readonly RecordUnit[]): Generator<readonly RecordUnit[]> {
  let from = 0
  let batches = new Set<string>()
  for (const [at, { record }] of units.entries()) {
    const { jws } = record.evidence
    if (!batches.has(jws) && batches.size === MAX_CORE_BATCHES) {
      yield units.slice(from, at)
      from = at
      batches = new Set()
    }
    batches.add(jws)
  }
  if (from < units.length) yield units.slice(from)
}

/** False when there are too many. */
async function hold(
  held: CoreSenderOptions['held'],
  words: Judged['words'],
  at: number,
): Promise<boolean> {
  const refused = [...words].flatMap(([{ frame, index }, word]) => {
    return word === 'taken' || !isHeldFor(word.refused)
      ? []
      : [{ index, frame, code: word.refused, at }]
  })
  const taken = [...words].flatMap(([{ index }, word]) => {
    return word === 'taken' && held.has(index) ? [index] : []
  })
  await held.release(taken)
  return await held.hold(refused)
}
