// What is read of a file or a folder many times a second, and hardly ever changes: the system is
// asked from memory whether it may be another, without a trip to a thread. See when-changed.test.ts.
import { statSync } from 'node:fs'

/** As coarse as times of files may be, ms: what changed that lately may change again unseen. */
const settledMs = 2_000

/**
 * Gives what `read` read last, as long as the system tells the same of `path`: its file, sizes and
 * times. Nothing there is told apart from anything there. Errors: those of `read` and of the system.
 */
export function readWhenChanged<T>(path: string, read: () => Promise<T>): () => Promise<T> {
  let known: { readonly mark: string; readonly value: T } | null = null
  return async () => {
    const { isSettled, mark } = look(path)
    if (known?.mark === mark) return known.value
    const value = await read()
    known = isSettled ? { mark, value } : null
    return value
  }
}

function look(path: string): { readonly mark: string; readonly isSettled: boolean } {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return { mark: 'none', isSettled: true }
  const { ctimeMs, dev, ino, mtimeMs, size } = stat
  const isSettled = Date.now() - Math.max(mtimeMs, ctimeMs) > settledMs
  return { mark: `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`, isSettled }
}
