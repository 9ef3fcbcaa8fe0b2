// enrolled.json, which the operator's commands replace.
import { readFile, stat } from 'node:fs/promises'
import { ReceiverError } from '../../codes.ts'
import { MAX_ENROLMENT_BYTES } from '../../limits.ts'

/** A file looked at again and again. */
export interface WatchedFile {
  /** The text when it changed since the last call, undefined when not; a missing file is null. */
  changed(): Promise<string | null | undefined>
  /** Makes the next call of changed() give the text again. */
  forget(): void
}

/**
 * Notices a replaced or rewritten file by its inode, size and time of change. Nothing stays open.
 * Errors: RECEIVER_ENROLMENT_MALFORMED for a file that is too large; others of the system.
 */
export function watchFile(path: string): WatchedFile {
  let last: string | undefined
  return {
    async changed() {
      const now = await fingerprint(path)
      if (now === last) return undefined
      const text = now === 'missing' ? null : await readFile(path, 'utf8')
      last = now
      return text
    },
    forget() {
      last = undefined
    },
  }
}

async function fingerprint(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    if (size > MAX_ENROLMENT_BYTES) {
      throw new ReceiverError('RECEIVER_ENROLMENT_MALFORMED', `over ${MAX_ENROLMENT_BYTES} bytes`)
    }
    return [ino, size, mtimeNs, ctimeNs].join()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing'
    throw error
  }
}
