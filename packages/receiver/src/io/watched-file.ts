// Files that the operator or a command replaces while the receiver runs.
import { readFile, stat } from 'node:fs/promises'

/** A file looked at again and again. */
export interface WatchedFile {
  /** The text when it changed since the last call, undefined when not; a missing file is null. */
  changed(): Promise<string | null | undefined>
  /** Makes the next call of changed() give the text again. */
  forget(): void
}

/**
 * Notices a replaced or rewritten file by its inode, size and time of change. Nothing stays open.
 * Errors: what `tooLarge` gives for a file of more than `bytesMax`; others of the system.
 */
export function watchFile(
  path: string,
  { bytesMax, tooLarge }: { readonly bytesMax: number; readonly tooLarge: () => Error },
): WatchedFile {
  let last: string | undefined
  return {
    async changed() {
      const { mark: now, size } = await fingerprint(path)
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
