// The producer as a witness: it keeps the last checkpoint that it verified, and asks the log to
// prove that the next one extends it. A log that shows two histories is found by every producer.
//
// Checkpoints come in a header that nobody bound to our request, proofs in a body that nobody
// signed. So only two things accuse the log: two checkpoints that it signed, of one size and with
// two roots; and a receipt for a new batch that places it where the log already was.
import type { OpenedCheckpoint } from '@grantlog/tlog'
import { consistencyIntervalMs, forkIntervalMs, unprovenTriesMax } from '../limits.ts'
import { type Notify, messageOf } from '../notice.ts'
import { type FetchProof, proveExtension } from './consistency.ts'
import { openNote, openSeen, type SeenStore, type WitnessedLog } from './seen.ts'

export interface CheckpointOptions {
  readonly log: WitnessedLog
  readonly store: SeenStore
  readonly fetchProof: FetchProof
  /** The log contradicts itself; called once for each seen checkpoint, and at most once an hour. */
  readonly onFork: () => void
  readonly notify: Notify
  /** Monotonic. */
  readonly nowMs: () => number
}

export interface CheckpointKeeper {
  /**
   * Takes a `Grantlog-Checkpoint` value (b64 of a note). Never rejects; forged ones are ignored.
   */
  readonly observe: (base64: string) => Promise<void>
  /**
   * Takes the last index of a verified receipt, and what `size` was before its batch was sent
   * first. What is new cannot stand where the log already was.
   */
  readonly observeReceipt: (lastIndex: number, sizeBefore: number) => void
  /** Size of the last verified one; 0 without one. */
  readonly size: () => number
  /** `origin size root` of the last verified one, for `audit.stream.checkpoint`. */
  readonly last: () => string | null
}

/** See the head of this file. The first checkpoint ever seen is believed. */
export function createCheckpointKeeper(options: CheckpointOptions): CheckpointKeeper {
  const { log, store, notify } = options
  const { current, keep } = openSeen(store, log, notify)
  let turn: Promise<void> = Promise.resolve()
  const accuse = createLatch(options.nowMs, options.onFork)
  const larger = createTries(options.nowMs)
  const smaller = createTries(options.nowMs)

  function fork(what: string): void {
    notify('LEDGER_FORK', `${log.origin}: size ${current()?.size ?? 0} and ${what}; ${store.place}`)
    accuse(textOf(current()))
  }

  async function compare(base64: string): Promise<void> {
    const note = Buffer.from(base64, 'base64')
    if (!isWorthOpening(sizeIn(note))) return
    const next = openNote(note, log)
    // The checkpoint of an empty log says nothing, and would stand in the way of the first real
    // one.
    if (next === null || next.size === 0) return
    const seen = current()
    if (seen === null || seen.size === 0) return keep(next, note)
    if (next.size === seen.size) {
      if (textOf(next) !== textOf(seen)) fork(textOf(next))
      return
    }
    const isLarger = next.size > seen.size
    // A smaller one is an old one sent again, unless nobody can show that it is a part of ours.
    const tries = isLarger ? larger : smaller
    if (!tries.isDue()) return
    const [from, to] = isLarger ? [seen, next] : [next, seen]
    const verdict = await proveExtension(from, to, options.fetchProof)
    if (verdict === 'invalid') notify('LEDGER_UNPROVEN', `${from.size} to ${to.size}`)
    if (tries.count(verdict === 'proven') >= unprovenTriesMax) {
      notify('LEDGER_UNPROVABLE', `${log.origin}: ${from.size} to ${to.size}; ${store.place}`)
    }
    if (verdict === 'proven' && isLarger) await keep(next, note)
  }

  /**
   * By the size that anybody may have written: one that would not be asked about now is not worth a
   * verification. Most are such, for a busy log grows with each answer.
   */
  function isWorthOpening(size: number): boolean {
    const seen = current()?.size ?? 0
    if (seen === 0 || size === seen || Number.isNaN(size)) return true
    return (size > seen ? larger : smaller).mayTry()
  }

  return {
    observe: (base64) => {
      // One after the other: a later answer must not overtake an earlier one.
      turn = turn
        .then(() => compare(base64))
        .catch((error: unknown) => notify('STATE_UNWRITABLE', messageOf(error)))
      return turn
    },
    observeReceipt: (lastIndex, sizeBefore) => {
      if (lastIndex < sizeBefore) fork(`a new record at ${lastIndex}`)
    },
    size: () => current()?.size ?? 0,
    last: () => textOf(current()) || null,
  }
}

/**
 * A fork makes a record, and each record makes the log grow by another contradiction: without a
 * latch that is a loop.
 */
function createLatch(nowMs: () => number, onFork: () => void): (seen: string) => void {
  const accused = new Set<string>()
  let accusedAtMs = -Infinity
  return (seen) => {
    const now = nowMs()
    if (accused.has(seen) || now - accusedAtMs < forkIntervalMs) return
    accused.add(seen)
    accusedAtMs = now
    onFork()
  }
}

interface Tries {
  /** Whether it may be tried now. */
  readonly mayTry: () => boolean
  /** Whether it may be tried now; then it was. */
  readonly isDue: () => boolean
  /** How often it failed in a row. */
  readonly count: (succeeded: boolean) => number
}

function createTries(nowMs: () => number): Tries {
  let triedAtMs = -Infinity
  let failures = 0
  const mayTry = (): boolean => nowMs() - triedAtMs >= consistencyIntervalMs
  return {
    mayTry,
    isDue: () => {
      if (!mayTry()) return false
      triedAtMs = nowMs()
      return true
    },
    count: (succeeded) => (failures = succeeded ? 0 : failures + 1),
  }
}

/** Of a checkpoint (C2SP tlog-checkpoint), whoever signed it; NaN: it is none. */
function sizeIn(note: Buffer): number {
  const [, size = ''] = note.toString('latin1').split('\n', 2)
  return /^\d{1,16}$/.test(size) ? Number(size) : Number.NaN
}

function textOf(checkpoint: OpenedCheckpoint | null): string {
  if (checkpoint === null) return ''
  const { origin, size, root } = checkpoint
  return `${origin} ${size} ${Buffer.from(root).toString('base64url')}`
}
