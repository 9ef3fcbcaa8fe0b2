// Files that are whole or not there, after any crash. What lies under them is `Files`, so that
// test/crash/model can put a filesystem that crashes there.
import { dirname } from 'node:path'
import { type Files, nodeFiles } from '@grantlog/journal'
import { LedgerError } from '../codes.ts'

/** The local disk. */
export const localFiles: Files = nodeFiles()

export interface WriteOptions {
  /** Permission bits of a new file; default 0o644. Keys are 0o600. */
  readonly mode?: number
  /** Default: the local disk. */
  readonly files?: Files
}

/** All of a file, at once or in parts, each asked for when the one before is written. */
export type FileContent = Uint8Array | string | Iterable<Uint8Array>

/**
 * Writes a file whole: temporary, fsync, rename, fsync of the folder. After a crash there is the
 * old file or the new one. `durable` when it returns. A failed sync is LEDGER_POISONED: never
 * retried, because the kernel may have dropped the pages (PostgreSQL's fsyncgate).
 */
export async function writeDurable(
  path: string,
  bytes: FileContent,
  options: WriteOptions = {},
): Promise<void> {
  await writeSynced(path, bytes, options)
  await syncFolder(dirname(path), options.files)
}

/** As writeDurable, but leaves the folder's sync to the caller, who has many files to write. */
export async function writeSynced(
  path: string,
  bytes: FileContent,
  { mode = 0o644, files = localFiles }: WriteOptions = {},
): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const file = await files.open(temporary, 'replace', mode)
    try {
      let position = 0
      for (const part of partsOf(bytes)) {
        await file.write([part], position)
        position += part.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await files.rename(temporary, path)
  } catch (cause) {
    // What was written of it takes space that the next try needs.
    await files.remove(temporary).catch(() => undefined)
    throw asLedgerError(cause, path)
  }
}

/**
 * Makes renames and new files of a folder durable. LEDGER_POISONED when it fails, also for want of
 * space: the names are there already, and a second try would not sync them.
 */
export async function syncFolder(folder: string, files: Files = localFiles): Promise<void> {
  try {
    await files.syncDirectory(folder)
  } catch (cause) {
    throw new LedgerError('LEDGER_POISONED', `could not sync ${folder}`, { cause })
  }
}

/** Creates a folder and its parents, each durable in its parent before anything is put into it. */
export async function makeFolder(
  folder: string,
  mode = 0o755,
  files: Files = localFiles,
): Promise<void> {
  try {
    await files.makeDirectory(folder, mode)
  } catch (cause) {
    throw asLedgerError(cause, folder)
  }
}

/** The names in a folder; none when it is not there. */
export async function namesIn(folder: string, files: Files = localFiles): Promise<string[]> {
  try {
    return await files.list(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** The file's bytes, or null when there is none. */
export async function readIfThere(
  path: string,
  files: Files = localFiles,
): Promise<Uint8Array | null> {
  try {
    return await files.read(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Removes a file, if it is there. */
export async function removeFile(path: string, files: Files = localFiles): Promise<void> {
  try {
    await files.remove(path)
  } catch (error) {
    if (!isMissing(error)) throw asLedgerError(error, path)
  }
}

function partsOf(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)]
  return content instanceof Uint8Array ? [content] : content
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

/** LEDGER_FULL or LEDGER_POISONED, for what the system said of a file. */
export function asLedgerError(cause: unknown, path: string): LedgerError {
  if (cause instanceof LedgerError) return cause
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LedgerError('LEDGER_FULL', `no space left to write ${path}`, { cause })
  }
  return new LedgerError('LEDGER_POISONED', `could not write ${path}`, { cause })
}
