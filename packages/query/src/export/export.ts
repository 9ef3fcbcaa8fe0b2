/**
 * Records of a query as a file, oldest first, and what a manifest says of it. Writes nothing
 * itself. See export.test.ts, and manifest.ts for what is signed.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { Query } from '../language/query.ts'
import { EXPORT_PART_BYTES } from '../limits.ts'
import type { Indexed } from '../lineage/candidates.ts'
import { exactly } from '../search/exact.ts'
import { prepare, type Prepared } from '../search/matcher.ts'
import { sweep } from '../search/sweep.ts'
import { type ExportFormat, formatWriters } from './formats.ts'
import { withoutPersonal } from './json.ts'

export interface ExportOptions {
  /** A `Reading` is one. */
  readonly reading: Indexed
  readonly query: Query
  readonly format: ExportFormat
  /** What relative times of the query count from, Unix milliseconds. */
  readonly now: number
  /** Gets the bytes in order, and is waited for. */
  readonly write: (part: Uint8Array) => Promise<unknown> | void
  /** Who it was and from where, not only pseudonyms. */
  readonly showPersonal?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

export interface Exported {
  readonly records: number
  readonly bytes: number
  /** Of all bytes, hexadecimal. */
  readonly sha256: string
  /** Places in the log; null of none. */
  readonly firstIndex: number | null
  readonly lastIndex: number | null
}

/** Errors: those of the ledger and of `write`; the reason of `signal`. */
export async function exportRecords(options: ExportOptions): Promise<Exported> {
  const { format, now, onProgress, query, reading, showPersonal = false, signal, write } = options
  const { index, records } = reading
  const prepared = prepare(query, index, now)
  const isAsked = exactly(query)
  const total = onProgress === undefined ? 0 : await countOf(reading, prepared)
  const { head, line } = formatWriters[format]
  const out = partsTo(write)
  await out.add(head)
  let count = 0
  let firstIndex: number | null = null
  let lastIndex: number | null = null
  for await (const found of sweep(index, prepared)) {
    for (let n = 0; n < found.count; n++) {
      signal?.throwIfAborted()
      const record = await records.record(index.place(found.firstRow + found.rows[n]!))
      if (record === null || !isAsked(record)) continue
      await out.add(line(showPersonal ? record : withoutPersonal(record)))
      firstIndex ??= record.index
      lastIndex = record.index
      count++
      onProgress?.(count, total)
    }
  }
  return { records: count, ...(await out.end()), firstIndex, lastIndex }
}

async function countOf({ index }: Indexed, prepared: Prepared): Promise<number> {
  let total = 0
  for await (const { count } of sweep(index, prepared)) total += count
  return total
}

/** Lines put together, and their hash. */
function partsTo(write: ExportOptions['write']): {
  add(text: string): Promise<void>
  end(): Promise<{ readonly bytes: number; readonly sha256: string }>
} {
  const hash = createHash('sha256')
  let [text, bytes] = ['', 0]
  const flush = async (): Promise<void> => {
    if (text === '') return
    const part = Buffer.from(text)
    text = ''
    hash.update(part)
    bytes += part.length
    await write(part)
  }
  return {
    add: async (more) => {
      text += more
      if (text.length >= EXPORT_PART_BYTES) await flush()
    },
    end: async () => {
      await flush()
      return { bytes, sha256: hash.digest('hex') }
    },
  }
}
