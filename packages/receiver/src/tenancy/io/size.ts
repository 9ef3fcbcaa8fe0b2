// How many bytes folders have on the disk, as `du` counts them.
import { lstat, opendir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * One file after the other: a sync must not wait for many looks. What goes meanwhile, or is not
 * there, has none. Errors: those of the system.
 */
export async function sizeOf(folders: readonly string[]): Promise<number> {
  let bytes = 0
  for (const folder of folders) bytes += await sizeOfFolder(folder)
  return bytes
}

async function sizeOfFolder(folder: string): Promise<number> {
  let bytes = 0
  try {
    for await (const entry of await opendir(folder)) {
      const path = join(folder, entry.name)
      bytes += entry.isDirectory() ? await sizeOfFolder(path) : await sizeOfFile(path)
    }
  } catch (error) {
    if (!isGone(error)) throw error
  }
  return bytes
}

async function sizeOfFile(path: string): Promise<number> {
  try {
    return (await lstat(path)).blocks * 512
  } catch (error) {
    if (isGone(error)) return 0
    throw error
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
