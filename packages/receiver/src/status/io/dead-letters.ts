// Which streams' records a sink refused for good, from its files. See dead-letters.test.ts.
import { open } from 'node:fs/promises'
import { MAX_DEAD_LETTERS_COUNTED } from '../../limits.ts'

/** Records of a stream; two numbers where a sink took part of a request and did not say which. */
export interface DeadCount {
  readonly least: number
  readonly most: number
}

/** `streamAt` names the stream of the record at an index, if it is one. */
export interface DeadLetterCounts {
  readonly dead: ReadonlyMap<string, DeadCount>
  /** Records of all streams: exact, for a sink says how many it refused. */
  readonly total: number
  /** Reads what was added to the files since. */
  refresh(): Promise<void>
}

interface Letter {
  readonly spans: number
  readonly indexes: readonly number[]
}

/**
 * Counts what is in all of `paths`, the oldest first; a file may become the one before it. When one
 * got shorter or is gone, all is counted anew: it was moved away, or was the oldest and dropped.
 */
export function countDeadLetters(
  paths: readonly string[],
  streamAt: (index: number) => Promise<string | undefined>,
): DeadLetterCounts {
  const dead = new Map<string, DeadCount>()
  /** A crash between a letter and the offset of its sink writes it twice. */
  const seen = new Set<number>()
  /** Bytes that were read of each file, by what it is, not by its name. */
  let read = new Map<string, number>()
  let total = 0
  /** Two who read at once would count twice. */
  let refreshing: Promise<void> | undefined

  async function count({ indexes, spans }: Letter): Promise<void> {
    if (seen.size >= MAX_DEAD_LETTERS_COUNTED) {
      total += spans
      return
    }
    const taken = indexes.length - spans
    const ofStream = new Map<string, number>()
    let fresh = 0
    for (const index of indexes) {
      if (seen.has(index)) continue
      seen.add(index)
      const stream = await streamAt(index)
      if (stream === undefined) continue
      fresh++
      ofStream.set(stream, (ofStream.get(stream) ?? 0) + 1)
    }
    total += Math.min(spans, fresh)
    for (const [stream, named] of ofStream) {
      const { least, most } = dead.get(stream) ?? { least: 0, most: 0 }
      const sure = Math.max(0, named - taken)
      dead.set(stream, { least: least + sure, most: most + Math.min(named, spans) })
    }
  }

  async function refresh(): Promise<void> {
    const { isAnew, now, text } = await readOn(paths, read)
    if (isAnew) {
      dead.clear()
      seen.clear()
      read = new Map()
      total = 0
      return refresh()
    }
    read = now
    for (const line of text.split('\n')) {
      const letter = letterIn(line)
      if (letter !== null) await count(letter)
    }
  }

  return {
    dead,
    get total() {
      return total
    },
    refresh() {
      refreshing ??= refresh().finally(() => (refreshing = undefined))
      return refreshing
    },
  }
}

/** Null for what is no letter of source `ledger`. */
function letterIn(line: string): Letter | null {
  try {
    const { indexes, source, spans } = JSON.parse(line) as { [name: string]: unknown }
    if (source !== 'ledger' || !Array.isArray(indexes)) return null
    const named = indexes.filter((index): index is number => Number.isSafeInteger(index))
    const said = Number.isSafeInteger(spans) ? Number(spans) : named.length
    return { indexes: named, spans: Math.max(0, Math.min(said, named.length)) }
  } catch {
    return null
  }
}

/** The whole lines after what was read; `isAnew`: some of that is no longer there. */
async function readOn(
  paths: readonly string[],
  read: ReadonlyMap<string, number>,
): Promise<{ isAnew: boolean; now: Map<string, number>; text: string }> {
  const now = new Map<string, number>()
  let text = ''
  for (const path of paths) {
    const part = await readFrom(path, (id) => read.get(id) ?? 0)
    if (part === null || part.size < part.from) continue
    const lines = part.text.slice(0, part.text.lastIndexOf('\n') + 1)
    now.set(part.id, part.from + Buffer.byteLength(lines))
    text += lines
  }
  return { isAnew: [...read.keys()].some((id) => !now.has(id)), now, text }
}

interface Part {
  /** The same under another name. */
  readonly id: string
  readonly from: number
  readonly size: number
  readonly text: string
}

/** What a file has from a place on; null when it is not there. */
async function readFrom(path: string, fromOf: (id: string) => number): Promise<Part | null> {
  try {
    const file = await open(path, 'r')
    try {
      const { birthtimeMs, dev, ino, size } = await file.stat()
      const id = `${dev} ${ino} ${birthtimeMs}`
      const from = fromOf(id)
      const bytes = Buffer.alloc(Math.max(0, size - from))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
      return { id, from, size, text: bytes.subarray(0, bytesRead).toString() }
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
