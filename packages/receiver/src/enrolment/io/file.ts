// The two files of enrolment: enrolled.json, which the operator's commands replace, and a note of
// which enrolments the ledger has already.
import { open, readFile, rename, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ReceiverError } from '../../codes.ts'
import { MAX_ENROLMENT_BYTES } from '../../limits.ts'

/** A file looked at again and again. */
export interface WatchedFile {
  /** The text when it changed since the last call, undefined when not; a missing file is `''`. */
  changed(): Promise<string | undefined>
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
      const text = now === 'missing' ? '' : await readFile(path, 'utf8')
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

/** The text of a small file, undefined when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Replaces a small file whole and durably: written beside, synced, renamed, folder synced. */
export async function replaceText(path: string, text: string): Promise<void> {
  const beside = `${path}.tmp`
  const file = await open(beside, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(beside, path)
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
