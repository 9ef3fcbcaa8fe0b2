import { type NoteVerifier, openCheckpoint, type OpenedCheckpoint } from '@grantlog/tlog'
import { type Notify, messageOf } from '../notice.ts'

/** The log whose checkpoints count. */
export interface WitnessedLog {
  readonly origin: string
  readonly verifier: NoteVerifier
}

/** Where the last seen checkpoint is kept; one file per log, replaced atomically. */
export interface SeenStore {
  /** The note as it was saved; null if there is none. Synchronous: see `openSeen`. */
  readonly load: () => Uint8Array | null
  readonly save: (note: Uint8Array) => Promise<void>
  /** Gives what is there another name, and returns it. */
  readonly setAside: () => string
  /** For people: where it is. */
  readonly place: string
}

export interface Seen {
  /** The last verified checkpoint; null while there is none. */
  readonly current: () => OpenedCheckpoint | null
  /** Replaces it, and on disk what is smaller. */
  readonly keep: (next: OpenedCheckpoint, note: Uint8Array) => Promise<void>
}

/**
 * Reads it before our first request is sent: all answers are younger than it then. Other processes
 * of the service share the file. What is not a checkpoint of this log may be one under its former
 * key, that is evidence: it is kept under another name, or nothing is written at all.
 */
export function openSeen(store: SeenStore, log: WitnessedLog, notify: Notify): Seen {
  let isWritable = true
  let current = load()

  function load(): OpenedCheckpoint | null {
    try {
      const note = store.load()
      if (note === null) return null
      const opened = openNote(note, log)
      if (opened === null) notify('STATE_SET_ASIDE', store.setAside())
      return opened
    } catch (error) {
      isWritable = false
      notify('STATE_UNWRITABLE', messageOf(error))
      return null
    }
  }

  return {
    current: () => current,
    keep: async (next, note) => {
      current = next
      if (!isWritable) return
      try {
        const saved = load()
        if (isWritable && (saved === null || saved.size < next.size)) await store.save(note)
      } catch (error) {
        notify('STATE_UNWRITABLE', messageOf(error))
      }
    },
  }
}

/** The checkpoint if the log signed it; null for anything else, which is somebody's noise. */
export function openNote(note: Uint8Array, log: WitnessedLog): OpenedCheckpoint | null {
  try {
    return openCheckpoint(note, { origin: log.origin, verifiers: [log.verifier] })
  } catch {
    return null
  }
}
