// Guarantee: what the index scans from a commit's bytes is what the strict reader reads and addRow
// makes columns of, over a real ledger with its keys; and it scans what our own SDK records.
import { expect, test } from '@jest/globals'
import { CommitCursor, openReader } from '@grantlog/ledger'
import { catchUp, memoryStore, RecordIndex, recordsOf } from '@grantlog/query'
import { columnKinds } from '../../packages/query/src/language/fields.ts'
import { furtherName, NUMBER } from '../../packages/query/src/columns/chunk.ts'
import { Dictionary } from '../../packages/query/src/columns/dictionary.ts'
import { RowScanner } from '../../packages/query/src/columns/scan/scanner.ts'
import { unitFrom } from '../../packages/query/test/random.ts'
import { tokenSpan } from '../../packages/record/test/spans.ts'
import { isHeartbeat, isUnusual, numbered, scannedLedger, spans } from './scanned-ledger.ts'

const { eraseSome, fill, folders } = scannedLedger()

/** Dictionaries of no index. */
function dictionaries(): (column: string) => Dictionary {
  const made = new Map<string, Dictionary>()
  return (column) => {
    const known = made.get(column) ?? new Dictionary()
    made.set(column, known)
    return known
  }
}

/** What each row has, as words and numbers; chunks are small, so that several are there. */
function rowsOf(index: RecordIndex): unknown[] {
  const rows: unknown[] = []
  for (const { chunk, firstRow } of index.chunks()) {
    for (let at = 0; at < chunk.rows; at++) {
      const cells: (readonly [string, string | number])[] = Object.values(NUMBER).map(
        (name) => [name, chunk.column(name)?.[at] ?? 0] as const,
      )
      for (const [name, kind] of columnKinds) {
        const value = chunk.column(name)?.[at] ?? 0
        cells.push([name, kind === 'words' ? index.word(firstRow + at, name) : value])
        const further = chunk.column(furtherName(name)) ?? []
        for (let n = 0; n < further.length; n += 2) {
          if (further[n] === at) cells.push([furtherName(name), further[n + 1]!])
        }
      }
      rows.push(cells)
    }
    rows.push([chunk.firstIndex, chunk.lastIndex, chunk.fromMs, chunk.toMs, chunk.lastId])
  }
  return rows
}

test('scanned and strictly read, a ledger gives the same index', async () => {
  await fill(spans)
  eraseSome()
  const reader = await openReader(folders())
  const scanned = new RecordIndex(memoryStore(), { chunkRows: 170 })
  await catchUp(reader, scanned)
  const read = new RecordIndex(memoryStore(), { chunkRows: 170 })
  for await (const frame of reader.frames(0)) read.add(frame.number, [...recordsOf(frame)])
  expect(scanned.rows).toBeGreaterThan(550)
  expect(rowsOf(scanned)).toEqual(rowsOf(read))
  expect(scanned.keys).toHaveLength(1)
  await reader.close()
})

test('damaged bytes are unusual, or a row; nothing else goes wrong', async () => {
  await fill(spans.slice(0, 90))
  const reader = await openReader(folders())
  const random = unitFrom(11)
  const scanner = new RowScanner(dictionaries())
  const seen = new Set<string>()
  for await (const frame of reader.plainFrames(0)) {
    for (const walk = new CommitCursor(frame); walk.next();) {
      const { contentFrom, contentTo, isRecord } = walk
      if (!isRecord) continue
      const sound = Buffer.from(frame.plaintext.subarray(contentFrom, contentTo))
      for (let n = 0; n < 20; n++) {
        const at = contentFrom + Math.floor(random() * sound.length)
        // Cut off, one byte another, or another piece of it from there on.
        if (n % 3 === 0) frame.plaintext.fill(0x22, at, contentTo)
        else if (n % 3 === 1) frame.plaintext[at] = Math.floor(random() * 256)
        else frame.plaintext.set(sound.subarray(0, contentTo - at), at)
        seen.add(scanner.scan(frame, walk))
        frame.plaintext.set(sound, contentFrom)
      }
    }
  }
  expect(seen).toEqual(new Set(['row', 'unusual', 'no record']))
  await reader.close()
})

test('hardly any record is left to the strict reader', async () => {
  await fill([numbered(tokenSpan, 0), ...spans.slice(1)])
  const reader = await openReader(folders())
  const scanner = new RowScanner(dictionaries())
  const counts = { row: 0, unusual: 0, 'no record': 0 }
  for await (const frame of reader.plainFrames(0)) {
    for (const walk = new CommitCursor(frame); walk.next();) {
      if (walk.isRecord) counts[scanner.scan(frame, walk)]++
    }
  }
  const numbers = spans.map((_, n) => n)
  const heartbeats = numbers.filter(isHeartbeat).length
  const unusual = numbers.filter((n) => isUnusual(n) && !isHeartbeat(n)).length
  const row = numbers.length - heartbeats - unusual
  expect(counts).toEqual({ row, unusual, 'no record': heartbeats })
  await reader.close()
})
