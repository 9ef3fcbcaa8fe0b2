// Files that the operator or a command replaces while the receiver runs.
import { readFile, stat } from 'node:fs/promises'

/** A file looked at again and again. */
export interface WatchedFile {
  /** The text when it changed since the last call, undefined when not; a missing file is null. */
  changed(): Promise<string | null | undefined>
  /** Of its places the one that was looked at last. */
  readonly path: string
  /** Makes the next call of changed() give the text again. */
  forget(): void
}

/**
 * Notices a replaced or rewritten file by its inode, size and time of change. Nothing stays open.
 * Of several places it lies in the first that has it.
 * Errors: what `tooLarge` gives for a file of more than `bytesMax`; others of the system.
 */
export function watchFile(
  places: string | readonly [string, ...string[]],
  { bytesMax, tooLarge }: { readonly bytesMax: number; readonly tooLarge: () => Error },
): WatchedFile {
  const paths = typeof places === 'string' ? ([places] as const) : places
  let path = paths[0]
  let last: string | undefined

  async function look(): Promise<{ mark: string; size: number }> {
    for (const one of paths) {
      const found = await fingerprint(one)
      if (found.mark === 'missing') continue
      path = one
      return found
    }
    return { mark: 'missing', size: 0 }
  }

  return {
    get path() {
      return path
    },
    async changed() {
      const { mark: now, size } = await look()
      if (now === last) return undefined
      if (size > bytesMax) {
        // Once, not at each look.
        last = now
        throw tooLarge()
      }
      const text = now === 'missing' ? null : await readFile(path, 'utf8')
      last = now
      return text
    },
    forget() {
      last = undefined
    },
  }
}

async function fingerprint(path: string): Promise<{ mark: string; size: number }> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return { mark: [ino, size, mtimeNs, ctimeNs].join(), size: Number(size) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { mark: 'missing', size: 0 }
    throw error
  }
}
