// Files that are whole or not there, after any crash. Only io/ touches the file system.
import { mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { LedgerError } from '../codes.ts'

export interface WriteOptions {
  /** Permission bits of a new file; default 0o644. Keys are 0o600. */
  readonly mode?: number
}

/**
 * Writes a file whole: temporary, fsync, rename, fsync of the folder. After a crash there is the
 * old file or the new one. `durable` when it returns. A failed sync is LEDGER_POISONED: never
 * retried, because the kernel may have dropped the pages (PostgreSQL's fsyncgate).
 */
export async function writeDurable(
  path: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  await writeSynced(path, bytes, options)
  await syncFolder(dirname(path))
}

/** As writeDurable, but leaves the folder's sync to the caller, who has many files to write. */
export async function writeSynced(
  path: string,
  bytes: Uint8Array | string,
  options: WriteOptions = {},
): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const file = await open(temporary, 'w', options.mode ?? 0o644)
    try {
      await file.writeFile(bytes)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    // What was written of it takes space that the next try needs.
    await removeFile(temporary).catch(() => undefined)
    throw asLedgerError(cause, path)
  }
}

/**
 * Makes renames and new files of a folder durable. LEDGER_POISONED when it fails, also for want of
 * space: the names are there already, and a second try would not sync them.
 */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw new LedgerError('LEDGER_POISONED', `could not sync ${folder}`, { cause })
  }
}

/**
 * Creates a folder and its parents, each durable in its parent before anything is put into it.
 * Returns at once if it is there.
 */
export async function makeFolder(folder: string, mode = 0o755): Promise<void> {
  if (await makeOne(folder, mode)) return
  await makeFolder(dirname(folder), mode)
  await makeOne(folder, mode)
}

/** False when the parent is not there. */
async function makeOne(folder: string, mode: number): Promise<boolean> {
  try {
    await mkdir(folder, { mode })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST') return true
    if (code === 'ENOENT' && dirname(folder) !== folder) return false
    throw asLedgerError(cause, folder)
  }
  await syncFolder(dirname(folder))
  return true
}

/** The names in a folder; none when it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** The file's bytes, or null when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Removes a file if it is there; the folder is not synced: a leftover does no harm. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** Removes a folder with all that is in it, if it is there. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

export function pathIn(folder: string, relative: string): string {
  return join(folder, relative)
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

function asLedgerError(cause: unknown, path: string): LedgerError {
  if (cause instanceof LedgerError) return cause
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LedgerError('LEDGER_FULL', `no space left to write ${path}`, { cause })
  }
  return new LedgerError('LEDGER_POISONED', `could not write ${path}`, { cause })
}
