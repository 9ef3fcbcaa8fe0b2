// Space kept back for when the disk is full: what must still be written then has room.
// Proved by ballast.test.ts, on a real disk too.
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { isFull, systemCode, wrapIo } from './errors.ts'
import { nodeFiles } from './io/files.ts'
import type { Files } from './io/files.ts'
import { BALLAST_FREE_FACTOR, READ_BYTES, wholeNumber } from './limits.ts'

/** What a ballast needs. */
export interface BallastOptions {
  /** The file that takes the space; its folder must exist. */
  readonly path: string
  /** Bytes of it. */
  readonly bytes: number
  /** The filesystem; default the local disk. */
  readonly files?: Files
}

/** Ownership: one per file. Concurrency: calls may overlap, they are done one after the other. */
export interface Ballast {
  /** True while the space is kept back. */
  readonly isHeld: boolean
  /** True from `release` until `restore`, also over a restart: an empty file says so. */
  readonly isGivenUp: boolean
  /**
   * Gives the space to whoever writes next. Resolves with true when that was it: with false there
   * was nothing left to give. JOURNAL_IO when the file cannot be emptied.
   */
  release(): Promise<boolean>
  /**
   * Keeps the space back again, if more than BALLAST_FREE_FACTOR times of it is free; resolves with
   * `isHeld`. JOURNAL_IO when the disk fails otherwise than by being full.
   */
  restore(): Promise<boolean>
}

/**
 * Opens the ballast in `path`, and takes the space if it can be had: on a disk that is full, or too
 * small, `isHeld` is false. Throws JOURNAL_ARGUMENT, JOURNAL_IO.
 */
export async function openBallast(options: BallastOptions): Promise<Ballast> {
  const { path, files = nodeFiles() } = options
  const bytes = wholeNumber('bytes', options.bytes, { least: 1 })
  const found = await wrapIo(path, () => sizeOf(path, files))
  let isGivenUp = found === 0
  let isHeld = found === bytes
  const restore = async (): Promise<boolean> => {
    isHeld ||= await wrapIo(path, () => take(path, bytes, { files, isGivenUp }))
    isGivenUp &&= !isHeld
    return isHeld
  }
  await restore()
  let last: Promise<unknown> = Promise.resolve()
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
  return {
    get isHeld() {
      return isHeld
    },
    get isGivenUp() {
      return isGivenUp
    },
    release: () =>
      inOrder(async () => {
        if (!isHeld) return false
        await wrapIo(path, () => empty(path, files))
        isHeld = false
        isGivenUp = true
        return true
      }),
    restore: () => inOrder(restore),
  }
}

/**
 * Releases the ballast in `path` without opening it, for who cannot even open on a full disk; false
 * when there is none to release. JOURNAL_IO when the file cannot be emptied.
 */
export async function releaseBallast(path: string, files: Files = nodeFiles()): Promise<boolean> {
  return wrapIo(path, async () => {
    if (!(await sizeOf(path, files))) return false
    await empty(path, files)
    return true
  })
}

/** Not synced: who writes next needs the space, and a ballast that comes back does no harm. */
async function empty(path: string, files: Files): Promise<void> {
  const file = await files.open(path, 'update')
  try {
    await file.truncate(0)
  } finally {
    await file.close()
  }
}

/**
 * Random bytes, synced: blocks that are really taken, also where a filesystem packs zeros or takes
 * space only when it writes out. What a crash leaves in the middle has another size, and is begun
 * anew.
 */
async function take(
  path: string,
  bytes: number,
  { files, isGivenUp }: { readonly files: Files; readonly isGivenUp: boolean },
): Promise<boolean> {
  if ((await files.freeBytes(dirname(path))) < BALLAST_FREE_FACTOR * bytes) return false
  try {
    const file = await files.open(path, 'replace', 0o600)
    try {
      for (let at = 0; at < bytes; at += READ_BYTES) {
        await file.write([randomBytes(Math.min(READ_BYTES, bytes - at))], at)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    const undo = isGivenUp ? empty(path, files) : files.remove(path)
    await undo.catch(() => undefined)
    if (isFull(error)) return false
    throw error
  }
}

async function sizeOf(path: string, files: Files): Promise<number | undefined> {
  try {
    return await files.size(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
