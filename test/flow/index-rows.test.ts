// Guarantee: what the index has of the rows of a commit is what the strict reader reads and addRow
// makes columns of, over a real ledger with its keys; and hardly any is read strictly.
import { expect, test } from '@jest/globals'
import { CommitRows, openReader } from '@grantlog/ledger'
import { catchUp, memoryStore, RecordIndex, recordsOf } from '@grantlog/query'
import { columnKinds } from '../../packages/query/src/language/fields.ts'
import { furtherName, NUMBER } from '../../packages/query/src/columns/chunk.ts'
import { unitFrom } from '../../packages/query/test/random.ts'
import { tokenSpan } from '../../packages/record/test/spans.ts'
import { isUnusual, numbered, scannedLedger, spans } from './scanned-ledger.ts'

const { eraseSome, fill, folders } = scannedLedger()

const backslash = 0x5c

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

test('by rows and strictly read, a ledger gives the same index', async () => {
  await fill(spans)
  eraseSome()
  const reader = await openReader(folders())
  const byRows = new RecordIndex(memoryStore(), { chunkRows: 170 })
  await catchUp(reader, byRows)
  const read = new RecordIndex(memoryStore(), { chunkRows: 170 })
  for await (const frame of reader.frames(0)) read.add(frame.number, [...recordsOf(frame)])
  expect(byRows.rows).toBeGreaterThan(550)
  expect(rowsOf(byRows)).toEqual(rowsOf(read))
  expect(byRows.keys).toHaveLength(1)
  await reader.close()
})

test('damaged bytes are read strictly, or make a row; nothing else goes wrong', async () => {
  await fill(spans.slice(0, 90))
  const reader = await openReader(folders())
  const random = unitFrom(11)
  const seen = { rows: 0, errors: 0 }
  for await (const frame of reader.plainFrames(0)) {
    const { plaintext } = frame
    const sound = Buffer.from(plaintext)
    for (let n = 0; n < 150; n++) {
      const at = Math.floor(random() * sound.length)
      const length = Math.min(sound.length - at, Math.floor(random() * 200))
      // Overwritten, one byte another, or another piece of it from there on.
      if (n % 3 === 0) plaintext.fill(0x22, at, at + length)
      else if (n % 3 === 1) plaintext[at] = Math.floor(random() * 256)
      else plaintext.set(sound.subarray(0, length), at)
      const index = new RecordIndex(memoryStore(), { chunkRows: 100 })
      try {
        index.addFrame(frame)
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^(LEDGER|RECORD)_/) })
        seen.errors++
      }
      seen.rows += index.rows
      plaintext.set(sound)
    }
  }
  expect(seen.rows).toBeGreaterThan(500)
  expect(seen.errors).toBeGreaterThan(10)
  await reader.close()
})

test('hardly any record is left to the strict reader', async () => {
  await fill([numbered(tokenSpan, 0), ...spans.slice(1)])
  const reader = await openReader(folders())
  const rows = new CommitRows()
  const counts = { row: 0, 'far times': 0, escapes: 0 }
  for await (const frame of reader.plainFrames(0)) {
    const { entries } = frame.read()
    for (rows.begin(frame); rows.next();) {
      const { leaf, stored } = entries[rows.index - frame.first]!
      if (stored.kind !== 'record' || !('seq' in leaf)) continue
      const isEscaped = stored.canonical.includes(backslash)
      if (rows.entry === null) counts.row++
      else if (isUnusual(leaf.seq)) counts['far times']++
      else if (isEscaped) counts.escapes++
    }
  }
  const numbers = spans.map((_, n) => n)
  expect(counts['far times']).toBe(numbers.filter(isUnusual).length)
  expect(counts.row).toBeGreaterThan(100)
  await reader.close()
})
