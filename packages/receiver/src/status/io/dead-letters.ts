// Which streams' records a sink refused for good, from its file. See dead-letters.test.ts.
import { open } from 'node:fs/promises'
import { MAX_DEAD_LETTERS_COUNTED } from '../../limits.ts'

/** Records by stream. `streamAt` names the stream of the record at an index, if it is one. */
export interface DeadLetterCounts {
  readonly dead: ReadonlyMap<string, number>
  /** Reads what was added to the file since. */
  refresh(): Promise<void>
}

/** Counts from the beginning of `path`; a file that got shorter was moved away and starts anew. */
export function countDeadLetters(
  path: string,
  streamAt: (index: number) => Promise<string | undefined>,
): DeadLetterCounts {
  const dead = new Map<string, number>()
  let read = 0
  /** Two who read at once would count twice. */
  let refreshing: Promise<void> | undefined
  let counted = 0

  async function count(line: string): Promise<void> {
    for (const index of indexesIn(line)) {
      if (counted >= MAX_DEAD_LETTERS_COUNTED) return
      counted++
      const stream = await streamAt(index)
      if (stream !== undefined) dead.set(stream, (dead.get(stream) ?? 0) + 1)
    }
  }

  return {
    dead,
    refresh() {
      refreshing ??= refresh().finally(() => (refreshing = undefined))
      return refreshing
    },
  }

  async function refresh(): Promise<void> {
    const { size, text } = await readFrom(path, read)
    if (size < read) {
      dead.clear()
      read = 0
      counted = 0
      return
    }
    const whole = text.lastIndexOf('\n') + 1
    read += Buffer.byteLength(text.slice(0, whole))
    for (const line of text.slice(0, whole).split('\n')) await count(line)
  }
}

/** Indexes of the records in a line of source `ledger`. */
function indexesIn(line: string): number[] {
  try {
    const { indexes, source } = JSON.parse(line) as { indexes?: unknown; source?: unknown }
    if (source !== 'ledger' || !Array.isArray(indexes)) return []
    return indexes.filter((index): index is number => Number.isSafeInteger(index))
  } catch {
    return []
  }
}

async function readFrom(path: string, from: number): Promise<{ size: number; text: string }> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const bytes = Buffer.alloc(Math.max(0, size - from))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
      return { size, text: bytes.subarray(0, bytesRead).toString() }
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { size: 0, text: '' }
    throw error
  }
}
