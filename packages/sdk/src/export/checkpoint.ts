// The producer as a witness: it keeps the last checkpoint that it verified, and asks the log to
// prove that the next one extends it. A log that shows two histories is found by every producer.
import {
  checkConsistency,
  type NoteVerifier,
  openCheckpoint,
  type OpenedCheckpoint,
  TlogError,
} from '@grantlog/tlog'
import { consistencyIntervalMs } from '../limits.ts'
import { type Notify, messageOf } from '../notice.ts'
import { sha256 } from '../sha256.ts'

/** Where the last seen checkpoint is kept; one file per log, replaced atomically. */
export interface SeenStore {
  /** The note as it was saved; null if there is none. Synchronous: see `load` below. */
  readonly load: () => Uint8Array | null
  readonly save: (note: Uint8Array) => Promise<void>
  /** For people: where it is. */
  readonly place: string
}

export interface CheckpointOptions {
  readonly log: { readonly origin: string; readonly verifier: NoteVerifier }
  readonly store: SeenStore
  /** Proof hashes from the log; rejects when it cannot be fetched, which proves nothing. */
  readonly fetchProof: (from: number, to: number) => Promise<readonly Uint8Array[]>
  /** The log contradicts itself; called once for each contradicting checkpoint. */
  readonly onFork: () => void
  readonly notify: Notify
  readonly nowMs: () => number
}

export interface CheckpointKeeper {
  /**
   * Takes a `Grantlog-Checkpoint` value (b64 of a note). Never rejects; forged ones are ignored.
   */
  readonly observe: (base64: string) => Promise<void>
  /** `origin size root` of the last verified one, for `audit.stream.checkpoint`. */
  readonly last: () => string | null
}

/** See the head of this file. The first checkpoint ever seen is believed. */
export function createCheckpointKeeper(options: CheckpointOptions): CheckpointKeeper {
  const { log, store, notify } = options
  let seen = load()
  let turn: Promise<void> = Promise.resolve()
  let checkedAtMs = -Infinity
  const forks = new Set<string>()

  /**
   * Other processes of the service share the file. It is read before our first request is sent: all
   * answers are younger than it then, and a smaller checkpoint among them really goes back.
   */
  function load(): OpenedCheckpoint | null {
    try {
      const note = store.load()
      return note === null ? null : openNote(note, log)
    } catch (error) {
      notify('STATE_UNWRITABLE', messageOf(error))
      return null
    }
  }

  async function keep(next: OpenedCheckpoint, note: Uint8Array): Promise<void> {
    seen = next
    try {
      const saved = load()
      if (saved === null || saved.size < next.size) await store.save(note)
    } catch (error) {
      notify('STATE_UNWRITABLE', messageOf(error))
    }
  }

  function fork(next: OpenedCheckpoint): void {
    const id = `${next.size} ${rootText(next)}`
    notify('LEDGER_FORK', `${log.origin}: size ${seen?.size} and ${id}; ${store.place}`)
    if (forks.has(id)) return
    if (forks.size < 16) forks.add(id)
    options.onFork()
  }

  async function compare(base64: string): Promise<void> {
    const note = Buffer.from(base64, 'base64')
    const next = openNote(note, log)
    if (next === null) return
    if (seen === null) return keep(next, note)
    const isSame = next.size === seen.size && rootText(next) === rootText(seen)
    if (isSame) return
    if (next.size <= seen.size) return fork(next)
    const nowMs = options.nowMs()
    if (nowMs - checkedAtMs < consistencyIntervalMs) return
    checkedAtMs = nowMs
    const verdict = await extend(seen, next, options.fetchProof)
    if (verdict === 'extends') await keep(next, note)
    if (verdict === 'contradicts') fork(next)
  }

  return {
    observe: (base64) => {
      // One after the other: a later answer that overtook an earlier one would make it look
      // smaller.
      turn = turn
        .then(() => compare(base64))
        .catch((error: unknown) => notify('STATE_UNWRITABLE', messageOf(error)))
      return turn
    },
    last: () => seen && `${seen.origin} ${seen.size} ${rootText(seen)}`,
  }
}

/** The checkpoint if the log signed it; anything else is somebody's noise. */
function openNote(note: Uint8Array, log: CheckpointOptions['log']): OpenedCheckpoint | null {
  try {
    return openCheckpoint(note, { origin: log.origin, verifiers: [log.verifier] })
  } catch {
    return null
  }
}

async function extend(
  seen: OpenedCheckpoint,
  next: OpenedCheckpoint,
  fetchProof: CheckpointOptions['fetchProof'],
): Promise<'extends' | 'contradicts' | 'unknown'> {
  let proof: readonly Uint8Array[]
  try {
    proof = seen.size === 0 ? [] : await fetchProof(seen.size, next.size)
  } catch {
    return 'unknown'
  }
  try {
    checkConsistency({
      sha256,
      oldSize: seen.size,
      newSize: next.size,
      oldRoot: seen.root,
      newRoot: next.root,
      proof,
    })
    return 'extends'
  } catch (error) {
    if (error instanceof TlogError) return 'contradicts'
    throw error
  }
}

function rootText({ root }: OpenedCheckpoint): string {
  return Buffer.from(root).toString('base64url')
}
