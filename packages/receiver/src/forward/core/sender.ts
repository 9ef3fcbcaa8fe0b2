// Sends records with their evidence to a core receiver. A record is taken when a receipt of the
// core covers it and is kept; what has none is sent again. A record that the core refuses is
// treated like one that any sink refuses, though nobody signs a refusal: the record is here, and
// the dead letter names it. See core.test.ts.
import { type ExportReply, reasonOf } from '../io/post.ts'
import { MAX_CORE_BATCHES } from '../../limits.ts'
import type { Later, Refused, SendOutcome, UnitOutcome } from '../outcome.ts'
import { type CoreUnit, encodeSigned } from './evidence.ts'
import type { KeptReceipts } from './kept.ts'
import { type CoreKey, type Covered, coveredBy, receiptsIn } from './receipts.ts'

export interface CoreSenderOptions {
  readonly key: CoreKey
  readonly kept: Pick<KeptReceipts, 'keep'>
  /** One request; never rejects. */
  readonly ask: (body: Uint8Array) => Promise<ExportReply | Later>
}

/** What the core can be brought to take: a key is enrolled, a clock or a validity is set right. */
const TRANSIENT = new Set(['UNKNOWN_KEY'])

export function coreSender({
  ask,
  kept,
  key,
}: CoreSenderOptions): (units: readonly CoreUnit[]) => Promise<SendOutcome> {
  /** Null when they are durable; a full disk is waited for. */
  async function keep(covered: Covered): Promise<Later | null> {
    try {
      await kept.keep(covered)
      return null
    } catch (error) {
      if ((error as { code?: string }).code !== 'JOURNAL_FULL') throw error
      return { outcome: 'later', reason: 'no space for its receipts', retryAfterMs: 0 }
    }
  }

  async function sendOne(units: readonly CoreUnit[]): Promise<readonly UnitOutcome[] | Refused> {
    const reply = await ask(encodeSigned(units))
    if (reply.outcome === 'later') return units.map(() => reply)
    const { status } = reply
    if (status === 413 || status === 400) return { outcome: 'refused', status }
    const receipts = receiptsIn(reply.headers['grantlog-receipt'], key)
    const covered = coveredBy(units, receipts)
    const trouble = await keep(covered)
    if (trouble !== null) return units.map(() => trouble)
    const isTaken = new Set([...covered.values()].flat())
    const missing = units.length - isTaken.size
    const rest = outcomeOfRest(reply, missing)
    return units.map((unit) => (isTaken.has(unit) ? { outcome: 'taken' } : rest))
  }

  return async (units) => {
    const outcomes: UnitOutcome[] = []
    for (const part of partsOf(units)) {
      const answered = await sendOne(part)
      if ('outcome' in answered) {
        // Of a whole request: its sender finds the half that is to blame.
        if (outcomes.length === 0 && part.length === units.length) return answered
        const again: Later = {
          outcome: 'later',
          reason: `HTTP ${answered.status}`,
          retryAfterMs: 0,
        }
        outcomes.push(...part.map(() => again))
      } else outcomes.push(...answered)
      const last = outcomes.at(-1)!
      if (last.outcome !== 'later') continue
      outcomes.push(...units.slice(outcomes.length).map(() => last))
      break
    }
    return { outcome: 'each', units: outcomes }
  }
}

/** What becomes of those that no receipt covers. */
function outcomeOfRest(
  { message, rejected, retryAfterMs, status }: ExportReply,
  missing: number,
): UnitOutcome {
  if (rejected === null) return { outcome: 'later', reason: reasonOf(status), retryAfterMs }
  const codes = [...message.matchAll(/\b([A-Z_]{4,20}): /g)].map(([, code]) => code!)
  if (rejected < missing || codes.some((code) => TRANSIENT.has(code))) {
    const reason = codes.length > 0 ? `refused: ${codes.join(' ')}` : 'no receipt for all records'
    return { outcome: 'later', reason, retryAfterMs }
  }
  // Not 200: that would be final at once, and it is not signed.
  return { outcome: 'refused', status: 422, error: codes.join(' ') || 'refused' }
}

/** At most so many batches in a request as a core verifies at once. */
function* partsOf(units: readonly CoreUnit[]): Generator<readonly CoreUnit[]> {
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
