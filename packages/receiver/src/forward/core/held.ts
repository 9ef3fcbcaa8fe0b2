// What a core refused because it was not what its producer signed when it came there: altered, or
// not to be read. This ledger verified the same record when it took it, so it was most likely
// changed on the way; whoever ends TLS there can have any record refused for good. So it is held
// here, until somebody sends it again or drops it: a journal in `queue/<sink>.held`, of indexes
// alone. See held.test.ts and packages/cli/test/held.test.ts.
import { join } from 'node:path'
import { type Files, type Journal, nodeFiles, openJournal } from '@grantlog/journal'
import { MAX_HELD_RECORDS } from '../../limits.ts'
import { readText } from '../../io/note.ts'

/** A record, or a log record, that is held. */
export interface HeldRecord {
  readonly index: number
  /** Number of its commit. */
  readonly frame: number
  /** Why the core refused it. */
  readonly code: string
  /** Unix milliseconds. */
  readonly at: number
}

/** Refusals that are about bytes as they came to the core, and not about who signed them. */
const HELD_CODES: ReadonlySet<string> = new Set(['ALTERED', 'MALFORMED'])

export function isHeldFor(code: string): boolean {
  return HELD_CODES.has(code)
}

/** What is asked of the receiver, each a file in the queue folder with indexes as JSON. */
export type HeldRequest = 'again' | 'drop'

export interface HeldNames extends Readonly<Record<HeldRequest, string>> {
  readonly folder: string
}

export function heldNames(queueFolder: string, sink: string): HeldNames {
  const folder = join(queueFolder, `${sink}.held`)
  return { folder, again: `${folder}.again`, drop: `${folder}.drop` }
}

export interface HeldRecords {
  readonly size: number
  has(index: number): boolean
  /** Of these, those that are held; in the order in which they were. */
  get(indexes: ReadonlySet<number>): readonly HeldRecord[]
  /**
   * Resolves once they are durable: true; false when there are too many, and none of these is held.
   * Those that are held already stay as they are. Errors: JournalError.
   */
  hold(records: readonly HeldRecord[]): Promise<boolean>
  /** They are held no more. Errors: JournalError; then a restart may hold them again. */
  release(indexes: readonly number[]): Promise<void>
  /** Indexes that somebody asked for; null when nobody did. */
  asked(what: HeldRequest): Promise<Asked | null>
  close(): Promise<void>
}

export interface Asked {
  readonly indexes: ReadonlySet<number>
  /** It was done; what was asked for meanwhile stays. */
  readonly done: () => Promise<void>
}

type Entry = { readonly held: readonly HeldRecord[] } | { readonly released: readonly number[] }

/** Errors: those of openJournal. */
export async function openHeldRecords(
  queueFolder: string,
  sink: string,
  files: Files = nodeFiles(),
): Promise<HeldRecords> {
  const names = heldNames(queueFolder, sink)
  const segmentBytesMax = HELD_SEGMENT_BYTES
  const journal = await openJournal({ directory: names.folder, segmentBytesMax, files })
  /** With the number of the journal's frame that says so. */
  const held = await readAll(journal)
  const append = (entry: Entry): Promise<number> => journal.append([encode(entry)])
  return {
    get size() {
      return held.size
    },
    has: (index) => held.has(index),
    get: (indexes) =>
      [...held.values()].flatMap(({ record }) => (indexes.has(record.index) ? [record] : [])),
    async hold(records) {
      const more = records.filter(({ index }) => !held.has(index))
      if (more.length === 0) return true
      if (held.size + more.length > MAX_HELD_RECORDS) return false
      const number = await append({ held: more })
      for (const record of more) held.set(record.index, { record, number })
      return true
    },
    async release(indexes) {
      const released = indexes.filter((index) => held.delete(index))
      if (released.length === 0) return
      const number = await append({ released })
      const [oldest] = held.values()
      // Not what is behind this: somebody may be holding more at the same time.
      await journal.prune(Math.min(oldest?.number ?? number, number))
    },
    async asked(what) {
      const path = names[what]
      const text = await readText(path, files)
      if (text === undefined) return null
      const done = async (): Promise<void> => {
        if ((await readText(path, files)) === text) await files.remove(path)
      }
      return { indexes: indexesIn(text), done }
    },
    close: () => journal.close(),
  }
}

/** Segments that hold nothing any more go whole: small ones. */
const HELD_SEGMENT_BYTES: number = 1024 * 1024

/** All that are held, the oldest first; none where there is no such sink. Errors: JournalError. */
export async function readHeldRecords(queueFolder: string, sink: string): Promise<HeldRecord[]> {
  const { folder: directory } = heldNames(queueFolder, sink)
  if (!(await isThere(directory))) return []
  const journal = await openJournal({ directory, readOnly: true })
  try {
    return Array.from((await readAll(journal)).values(), ({ record }) => record)
  } finally {
    await journal.close()
  }
}

async function isThere(directory: string): Promise<boolean> {
  try {
    await nodeFiles().list(directory)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

interface Lying {
  readonly record: HeldRecord
  readonly number: number
}

async function readAll(journal: Pick<Journal, 'first' | 'read'>): Promise<Map<number, Lying>> {
  const held = new Map<number, Lying>()
  for await (const { number, payload } of journal.read(journal.first)) {
    const entry = JSON.parse(new TextDecoder().decode(payload)) as Entry
    if ('held' in entry) for (const record of entry.held) held.set(record.index, { record, number })
    else for (const index of entry.released) held.delete(index)
  }
  return held
}

function encode(entry: Entry): Uint8Array {
  return Buffer.from(JSON.stringify(entry))
}

/** Of what somebody wrote by hand, too: what is no list of numbers asks for nothing. */
function indexesIn(text: string): ReadonlySet<number> {
  try {
    const list: unknown = JSON.parse(text)
    return new Set(Array.isArray(list) ? list.filter(Number.isSafeInteger) : [])
  } catch {
    return new Set()
  }
}
