// Disks that are too small, or that lose their power: a tmpfs of so many KiB, and an ext4 in a file
// on a loop device, which is copied while it is written to. Both need root on Linux.
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './data-folder.ts'

/** A mounted file system; unmounted and removed at the end, also while it is in use. */
export interface Disk extends AsyncDisposable {
  readonly path: string
}

/** Why nothing can be mounted here; null: it can. */
export function noMount(): string | null {
  if (process.platform !== 'linux') return 'mounting needs Linux'
  if (process.getuid?.() !== 0) return 'mounting needs root'
  const tried = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'])
  return tried.status === 0 ? null : 'mounting is not permitted here'
}

/** Why no image can be mounted here; null: it can. */
export function noLoop(): string | null {
  const reason = noMount()
  if (reason !== null) return reason
  if (spawnSync('mkfs.ext4', ['-V']).error !== undefined) return 'mkfs.ext4 is not installed'
  return spawnSync('losetup', ['-f']).status === 0 ? null : 'there are no loop devices'
}

/** A file system in memory, of so many KiB, at `path` or in a folder of its own. */
export async function mountTmpfs(kib: number, path?: string): Promise<Disk> {
  const folder = path ?? (await mkdtemp(join(tmpdir(), 'grantlog-tmpfs-')))
  await must(['mount', '-t', 'tmpfs', '-o', `size=${kib}k`, 'grantlog', folder])
  return diskAt(folder, path === undefined)
}

/** The same over a folder, with what it holds. */
export async function mountTmpfsOver(path: string, kib: number): Promise<Disk> {
  const held = await mkdtemp(join(tmpdir(), 'grantlog-held-'))
  await must(['cp', '-a', `${path}/.`, held])
  const disk = await mountTmpfs(kib, path)
  await must(['cp', '-a', `${held}/.`, path])
  await rm(held, { recursive: true })
  return disk
}

/** Gives a tmpfs another size. */
export async function resizeTmpfs({ path }: Disk, kib: number): Promise<void> {
  await must(['mount', '-o', `remount,size=${kib}k`, path])
}

/** A new ext4 in the file `image`. */
export async function makeExt4(image: string, mib: number): Promise<void> {
  await writeFile(image, '')
  await truncate(image, mib * 2 ** 20)
  await must(['mkfs.ext4', '-q', '-F', image])
}

/** Mounts an image: of a copy, what was never synced to the first is not there. */
export async function mountImage(image: string): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), 'grantlog-ext4-'))
  await must(['mount', '-o', 'loop', image, folder])
  return diskAt(folder, true)
}

function diskAt(path: string, isOwn: boolean): Disk {
  return {
    path,
    async [Symbol.asyncDispose]() {
      const unmounted = await run(['umount', path])
      if (unmounted.code !== 0) await must(['umount', '-l', path])
      if (isOwn) await rm(path, { recursive: true, force: true })
    },
  }
}

async function must(command: readonly string[]): Promise<void> {
  const { code, output } = await run(command)
  if (code !== 0) throw new Error(`${command.join(' ')}: ${output}`)
}
