// With sync-files.ts the only module of this package that touches the disk, and rest.ts listens to
// it. All else goes through `Files`, so that `@grantlog/journal/testing` can put a filesystem with
// crashes and faults there.
import { constants, statSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { resolve } from 'node:path'
import { makeFolders } from './folders.ts'

/**
 * The few things that are asked of a filesystem, by a journal and by what keeps files beside one.
 *
 * Ownership: one process writes a folder; nothing here locks it. Any number may read.
 * Durability: nothing is durable before the call that says so. The bytes and size of a file are
 * after `OpenFile.sync`; names (created, renamed, removed) are after `syncDirectory`. A `rename` is
 * atomic. Until then a crash may keep any part of what was written, in units of a sector, in any
 * order; synced bytes stay, also where the same bytes are written over them again.
 * Concurrency: calls on different files run side by side; a caller orders its writes to one file.
 * Failure: every call rejects with the system's error (`code` ENOSPC, EIO, …). A failed `write` may
 * have written any part. After a failed `sync` nobody knows what is on disk, and the next one may
 * succeed without having written it.
 */
export interface Files {
  /** Names in the folder, in no order. */
  list(directory: string): Promise<string[]>
  /**
   * Creates the folder and its missing parents, durably; fine when it is there. `permissions` are
   * those of the new ones; default 0o777 less the umask.
   */
  makeDirectory(directory: string, permissions?: number): Promise<void>
  /**
   * See OpenMode. The caller closes what it opened. `permissions` are those of a new file; default
   * 0o666 less the umask.
   */
  open(path: string, mode: OpenMode, permissions?: number): Promise<OpenFile>
  /** All bytes of the file. */
  read(path: string): Promise<Uint8Array>
  /** Bytes of the file. */
  size(path: string): Promise<number>
  /**
   * The same at once; null when there is no such file. For who asks many times a second: the system
   * answers from memory, in a tenth of what the way to a thread and back takes.
   */
  sizeNow(path: string): number | null
  /** Puts `from` in the place of `to`, atomically, within one folder. */
  rename(from: string, to: string): Promise<void>
  /** Removes the name; open files stay readable. */
  remove(path: string): Promise<void>
  /** Removes a file, or a folder with all that is in it; fine when it is not there. */
  removeAll(path: string): Promise<void>
  /** Makes the folder's names durable. */
  syncDirectory(directory: string): Promise<void>
  /** Bytes that may still be written to the volume of this folder. */
  freeBytes(directory: string): Promise<number>
}

/** `read`, `update` (to write): must exist. `create`: must not. `replace`: emptied or new. */
export type OpenMode = 'read' | 'update' | 'create' | 'replace'

/** One open file; see Files for durability and failure. */
export interface OpenFile {
  /** Bytes of the file now. */
  size(): Promise<number>
  /** Fills `into` from `position`; resolves with the bytes read, fewer only at the end of file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes all parts one after the other from `position`; the parts are not copied. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>
  /**
   * The same, durable when it resolves, as what was written there before need not be. A failure may
   * be one of the sync: then `sync` of this file fails, too, the next time.
   */
  writeAndSync(parts: readonly Uint8Array[], position: number): Promise<void>
  /** Cuts or zero-extends the file. */
  truncate(size: number): Promise<void>
  /** Makes bytes and size durable (fdatasync). */
  sync(): Promise<void>
  close(): Promise<void>
}

/** A pipe in the place of a file would be waited for, for ever: so it is empty instead. */
export const readFlags: number = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

const flags: Record<OpenMode, string | number> = {
  read: readFlags,
  update: 'r+',
  create: 'wx+',
  replace: 'w+',
}

/** The local disk, by node:fs. */
export function nodeFiles(): Files {
  return {
    list: (directory) => readdir(directory),
    makeDirectory: (directory, permissions) =>
      makeFolders({ makeOne: mkdir, syncDirectory }, resolve(directory), permissions),
    open: async (path, mode, permissions) => nodeFile(await open(path, flags[mode], permissions)),
    read: (path) => readFile(path, { flag: readFlags }),
    size: async (path) => (await stat(path)).size,
    sizeNow: (path) => statSync(path, { throwIfNoEntry: false })?.size ?? null,
    rename,
    remove: unlink,
    removeAll: (path) => rm(path, { recursive: true, force: true }),
    syncDirectory,
    freeBytes: async (directory) => {
      const { bavail, bsize } = await statfs(directory)
      return bavail * bsize
    },
  }
}

/**
 * Each write is as if fdatasync followed it, in one call of the system: that is a fifth less time,
 * and a quarter less of the processor's. Elsewhere O_DSYNC is not there, or (macOS) promises less.
 */
const syncedFlags = constants.O_WRONLY | constants.O_DSYNC
const hasSyncedWrites = process.platform === 'linux'

/**
 * The same file with `syncedFlags`: by its descriptor, for another one may have its name by now.
 * Null where that cannot be (no /proc, no more descriptors): then it is written, and synced.
 */
async function openSynced({ fd }: FileHandle): Promise<FileHandle | null> {
  if (!hasSyncedWrites) return null
  try {
    return await open(`/proc/self/fd/${fd}`, syncedFlags)
  } catch {
    return null
  }
}

function nodeFile(handle: FileHandle): OpenFile {
  let synced: FileHandle | null | undefined
  return {
    size: async () => (await handle.stat()).size,
    read: (into, position) => readAll(handle, into, position),
    write: (parts, position) => writeAll(handle, parts, position),
    async writeAndSync(parts, position) {
      if (synced === undefined) synced = await openSynced(handle)
      if (synced !== null) return writeAll(synced, parts, position)
      await writeAll(handle, parts, position)
      await handle.datasync()
    },
    truncate: (size) => handle.truncate(size),
    sync: () => handle.datasync(),
    async close() {
      await synced?.close()
      await handle.close()
    },
  }
}

async function readAll(handle: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await handle.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

/** The system may write less than asked, for one when the disk fills; the rest then follows. */
async function writeAll(
  handle: FileHandle,
  parts: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let rest = parts.filter((part) => part.length > 0)
  let at = position
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at)
    if (bytesWritten === 0) throw new RangeError('the system wrote nothing')
    at += bytesWritten
    rest = after(rest, bytesWritten)
  }
}

/** What remains of `parts` after their first `count` bytes. */
function after(parts: readonly Uint8Array[], count: number): Uint8Array[] {
  let skip = count
  let index = 0
  for (let part = parts[0]; part !== undefined && skip >= part.length; part = parts[index]) {
    skip -= part.length
    index += 1
  }
  const [cut, ...rest] = parts.slice(index)
  return cut === undefined ? [] : [cut.subarray(skip), ...rest]
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows cannot open a folder; NTFS journals names itself, in order.
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
