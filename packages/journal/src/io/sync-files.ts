// What can still be written when a process ends: by synchronous calls only.
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  writevSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'

/** As `Files`, but each call is done when it returns, and throws where those reject. */
export interface SyncFiles {
  /** Creates the folder and its missing parents, durably; fine when it is there. */
  makeDirectory(directory: string, permissions?: number): void
  /** Creates a file that must not be there. The caller closes it. */
  create(path: string, permissions?: number): SyncFile
  /** Makes the folder's names durable. */
  syncDirectory(directory: string): void
}

/** As `OpenFile`. */
export interface SyncFile {
  write(parts: readonly Uint8Array[], position: number): void
  truncate(size: number): void
  sync(): void
  close(): void
}

/** The local disk, by node:fs. */
export function nodeSyncFiles(): SyncFiles {
  return {
    makeDirectory(directory, mode) {
      const path = resolve(directory)
      const oldest = mkdirSync(path, { recursive: true, mode })
      // From the folder upwards, each new name is made durable in its parent.
      const top = dirname(oldest ?? path)
      for (let up = path; up !== top;) {
        up = dirname(up)
        syncDirectory(up)
      }
    },
    create: (path, mode) => nodeFile(openSync(path, 'wx', mode)),
    syncDirectory,
  }
}

function nodeFile(fd: number): SyncFile {
  return {
    write(parts, position) {
      // A disk that fills takes less than asked, and fails when asked for the rest.
      let rest = Buffer.concat(parts)
      for (let at = position; rest.length > 0;) {
        const count = writevSync(fd, [rest], at)
        if (count === 0) throw new RangeError('the system wrote nothing')
        at += count
        rest = rest.subarray(count)
      }
    },
    truncate: (size) => ftruncateSync(fd, size),
    sync: () => fdatasyncSync(fd),
    close: () => closeSync(fd),
  }
}

function syncDirectory(directory: string): void {
  // Windows cannot open a folder; NTFS journals names itself, in order.
  if (process.platform === 'win32') return
  const fd = openSync(directory, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
