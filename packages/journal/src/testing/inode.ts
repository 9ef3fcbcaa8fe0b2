// One file of the model: what programs see (the page cache), what is on disk, and the difference.
import type { Random } from './random.ts'

/** The unit in which a disk writes whole or not at all. */
export const SECTOR_BYTES: number = 512

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }

/** A file without a name. */
export interface Inode {
  cache: Uint8Array
  disk: Uint8Array
  /** Made since the last sync, oldest first: a crash keeps any part of it. */
  unsynced: Change[]
}

export function makeInode(bytes: Uint8Array = new Uint8Array(0)): Inode {
  return { cache: bytes.slice(), disk: bytes.slice(), unsynced: [] }
}

export function change(inode: Inode, made: Change): void {
  inode.cache = applied(inode.cache, made)
  inode.unsynced.push(made)
}

export function sync(inode: Inode): void {
  // Change by change, not `disk = cache`: what a failed sync dropped stays lost under a good one.
  inode.disk = inode.unsynced.reduce(applied, inode.disk)
  inode.unsynced = []
}

/** As Linux does: pages stay readable and count as clean, but some of them were never written. */
export function failSync(inode: Inode, random: Random): void {
  for (const made of inode.unsynced) {
    if (random.oneIn(3)) inode.disk = someSectors(inode.disk, made, random)
  }
  inode.unsynced = []
}

/** Power off: of each unsynced change nothing, all, or some sectors reached the disk. */
export function powerOff(inode: Inode, random: Random, torn: boolean): void {
  for (const made of inode.unsynced) {
    const fate = torn ? random.below(3) : 0
    if (fate === 1) inode.disk = applied(inode.disk, made)
    if (fate === 2) inode.disk = someSectors(inode.disk, made, random)
  }
  inode.cache = inode.disk.slice()
  inode.unsynced = []
}

function applied(bytes: Uint8Array, made: Change): Uint8Array {
  if (made.kind === 'truncate') return resized(bytes, made.size)
  const result = resized(bytes, Math.max(bytes.length, made.position + made.bytes.length))
  result.set(made.bytes, made.position)
  return result
}

function someSectors(bytes: Uint8Array, made: Change, random: Random): Uint8Array {
  if (made.kind === 'truncate') return bytes
  let result = bytes
  const end = made.position + made.bytes.length
  for (let at = made.position; at < end;) {
    const stop = Math.min(end, at - (at % SECTOR_BYTES) + SECTOR_BYTES)
    const sector = made.bytes.subarray(at - made.position, stop - made.position)
    if (random.oneIn(2)) result = applied(result, { kind: 'write', position: at, bytes: sector })
    at = stop
  }
  // The new size may be kept without the bytes: they then read as zero.
  return random.oneIn(3) ? resized(result, Math.max(result.length, end)) : result
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size)
  result.set(bytes.subarray(0, size))
  return result
}
