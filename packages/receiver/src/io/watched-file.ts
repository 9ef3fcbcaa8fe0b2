// Files that the operator or a command replaces while the receiver runs.
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** A file looked at again and again. */
export interface WatchedFile {
  /** The text when it changed since the last call, undefined when not; a missing file is null. */
  changed(): Promise<string | null | undefined>
  /** It changed just now, and the next look decides; see WatchOptions. */
  readonly isFresh: boolean
  /** Of its places the one that was looked at last. */
  readonly path: string
  /** Makes the next call of changed() give the text again. */
  forget(): void
}

export interface WatchOptions {
  readonly bytesMax: number
  readonly tooLarge: () => Error
  /**
   * A file that changed less long ago may be half written: it is given once two looks have found it
   * the same. Default: 0, for files that are only ever replaced whole.
   */
  readonly freshMs?: number
}

/**
 * Notices a replaced or rewritten file by its inode, size and time of change. Nothing stays open.
 * Of several places it lies in the first that has it.
 * Errors: what `tooLarge` gives for a file of more than `bytesMax`; others of the system.
 */
export function watchFile(
  places: string | readonly [string, ...string[]],
  { bytesMax, freshMs = 0, tooLarge }: WatchOptions,
): WatchedFile {
  const paths = typeof places === 'string' ? ([places] as const) : places
  let path = paths[0]
  let last: string | undefined
  /** A file that was found fresh, and not given yet. */
  let fresh: string | undefined

  function look(): Fingerprint {
    for (const one of paths) {
      const found = fingerprint(one)
      if (found.mark === 'missing') continue
      path = one
      return found
    }
    return missing
  }

  /** Whether a look must find it so once more. */
  function isToWait({ changedMs, mark }: Fingerprint): boolean {
    const isFresh = Date.now() - changedMs < freshMs && mark !== fresh
    fresh = isFresh ? mark : undefined
    return isFresh
  }

  return {
    get path() {
      return path
    },
    get isFresh() {
      return fresh !== undefined
    },
    async changed() {
      const found = look()
      const { mark: now, size } = found
      if (now === last || isToWait(found)) return undefined
      if (size > bytesMax) {
        // Once, not at each look.
        last = now
        throw tooLarge()
      }
      const text = now === 'missing' ? null : await readFile(path, 'utf8')
      if (freshMs > 0) {
        const { mark } = look()
        if (mark !== now) {
          // Somebody began to write while it was read.
          fresh = mark
          return undefined
        }
      }
      last = now
      return text
    },
    forget() {
      last = undefined
    },
  }
}

interface Fingerprint {
  readonly mark: string
  readonly size: number
  /** Unix milliseconds. */
  readonly changedMs: number
}

const missing: Fingerprint = { mark: 'missing', size: 0, changedMs: -Infinity }

/** At once: the system answers from memory, and is asked by each tenant several times a second. */
function fingerprint(path: string): Fingerprint {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) return missing
  const { ctimeNs, ino, mtimeNs, size } = stat
  const mark = [ino, size, mtimeNs, ctimeNs].join()
  // Not by the time of modification: a copy may have that of what was copied.
  return { mark, size: Number(size), changedMs: Number(ctimeNs / 1_000_000n) }
}
