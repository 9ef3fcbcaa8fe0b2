// How much room a file system has, as `df` counts it.
import { statfs } from 'node:fs/promises'

export interface Space {
  /** Of what a user who is not root may fill. */
  readonly usedPercent: number
  readonly freeBytes: number
}

export async function spaceOf(folder: string): Promise<Space> {
  const { bavail, bfree, blocks, bsize } = await statfs(folder)
  const used = blocks - bfree
  const usedPercent = used + bavail === 0 ? 100 : (used / (used + bavail)) * 100
  return { usedPercent: Math.ceil(usedPercent), freeBytes: bavail * bsize }
}
