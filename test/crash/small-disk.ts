// Real file systems of a few MiB, for root: a tmpfs, and an ext4 in a file.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync, statfsSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly folder: string
  /** Fills it with a file up to a share of it, or as far as it goes. */
  fillTo(percent: number): void
  /** Leaves so many blocks of it. */
  leave(blocks: number): void
  /** Takes that file away. */
  free(): void
  close(): void
}

export type DiskKind = 'tmpfs' | 'ext4'

/** Null where it can be mounted, else why not. */
export function whyNot(kind: DiskKind): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  try {
    mountDisk(kind, 16).close()
    return null
  } catch (error) {
    return `${kind} cannot be mounted here: ${String(error).split('\n', 1)[0]}`
  }
}

export function mountDisk(kind: DiskKind, sizeMiB: number): SmallDisk {
  const place = mkdtempSync(join(tmpdir(), 'grantlog-disk-'))
  const [folder, image] = [join(place, 'mounted'), join(place, 'image')]
  run('mkdir', folder)
  try {
    if (kind === 'tmpfs') run('mount', '-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', folder)
    else {
      run('truncate', '-s', `${sizeMiB}M`, image)
      // No blocks kept for root: full is full.
      run('mkfs.ext4', '-q', '-F', '-m', '0', image)
      run('mount', '-o', 'loop', image, folder)
    }
  } catch (error) {
    rmSync(place, { recursive: true })
    throw error
  }
  const filler = join(folder, 'filler')
  const disk: SmallDisk = {
    folder,
    leave(count) {
      disk.fillTo(100)
      const { bsize } = statfsSync(folder)
      truncateSync(filler, Math.max(0, statSync(filler).size - count * bsize))
    },
    fillTo(percent) {
      const { bavail, bfree, blocks, bsize } = statfsSync(folder)
      const used = blocks - bfree
      let bytes = Math.ceil(((used + bavail) * percent) / 100 - used) * bsize
      // The last bytes one block at a time: a larger piece may not fit where a smaller one does.
      for (const piece of [65_536, bsize]) {
        try {
          for (; bytes > 0; bytes -= piece) appendFileSync(filler, Buffer.alloc(piece, 1))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      }
    },
    free: () => truncateSync(filler),
    close() {
      run('umount', folder)
      rmSync(place, { recursive: true })
    },
  }
  return disk
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: 'pipe' })
}
