// The names of the model: which files and folders there are, and what a lost name takes along.
import type { Inode } from './inode.ts'

/** Files by path; a folder is null. */
export type Names = Map<string, Inode | null>

/** A name made or gone, not synced yet. */
export interface NameChange {
  readonly directory: string
  readonly apply: (names: Names) => void
}

/** `` for the root, which is always there. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

/** True also for the root. */
export function hasFolder(names: Names, path: string): boolean {
  return path === '' || path === '/' || names.get(path) === null
}

/** False for what lies in a folder whose own name was lost. */
export function isReachable(names: Names, path: string): boolean {
  for (let up = folderOf(path); up !== ''; up = folderOf(up)) {
    if (names.get(up) !== null) return false
  }
  return true
}
