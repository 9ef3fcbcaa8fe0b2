// What is read of a file or a folder many times a second, and hardly ever changes: the system says
// from memory whether it may be another, without a trip to a thread. See when-changed.test.ts.
import { statSync } from 'node:fs'

/** As coarse as times of files may be, ms: what changed that lately may change again unseen. */
const settledMs = 2_000

export interface Rereading<T> {
  /** What was read last, if the system says that it is as it was; undefined: that is not known. */
  still(): T | undefined
  /** The same, or what is read now. Errors: those of reading and of the system. */
  read(): Promise<T>
}

/** Nothing at `path` is told apart from anything there. */
export function readWhenChanged<T>(path: string, read: () => Promise<T>): Rereading<T> {
  let known: { readonly mark: string; readonly value: T } | null = null
  return {
    still() {
      try {
        return known?.mark === look(path).mark ? known.value : undefined
      } catch {
        // Whoever reads is told why.
        return undefined
      }
    },
    async read() {
      const { isSettled, mark } = look(path)
      if (known?.mark === mark) return known.value
      const value = await read()
      known = isSettled ? { mark, value } : null
      return value
    },
  }
}

function look(path: string): { readonly mark: string; readonly isSettled: boolean } {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return { mark: 'none', isSettled: true }
  const { ctimeMs, dev, ino, mtimeMs, size } = stat
  const isSettled = Date.now() - Math.max(mtimeMs, ctimeMs) > settledMs
  return { mark: `${dev} ${ino} ${size} ${mtimeMs} ${ctimeMs}`, isSettled }
}
