import type { Files } from '@grantlog/journal'

/** What the spool asks of a filesystem beyond what a journal does. */
export interface SpoolDisk extends Files {
  /** Names of the folders in a folder, in no order; none when it is not there. */
  readonly folders: (directory: string) => Promise<string[]>
  /** Sets the file's time to now. */
  readonly touch: (path: string) => Promise<void>
  /** The file's time, Unix milliseconds by the filesystem's clock. */
  readonly touchedMs: (path: string) => Promise<number>
}

/** Writes a file that does not exist yet; false: it does. Not synced. */
export async function writeNew(disk: SpoolDisk, path: string, text: string): Promise<boolean> {
  try {
    const file = await disk.open(path, 'create')
    try {
      await file.write([Buffer.from(text)], 0)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** The file's text, at most `bytesMax` of it. */
export async function readText(disk: SpoolDisk, path: string, bytesMax: number): Promise<string> {
  const file = await disk.open(path, 'read')
  try {
    const bytes = Buffer.alloc(Math.min(bytesMax, await file.size()))
    const count = await file.read(bytes, 0)
    return bytes.toString('utf8', 0, count)
  } finally {
    await file.close()
  }
}

/** Whether the system, or the journal on its behalf, failed for this reason. */
export function isCode(error: unknown, code: string): boolean {
  const { code: own, cause } = (error ?? {}) as { code?: unknown; cause?: unknown }
  return own === code || (cause !== undefined && isCode(cause, code))
}
