// Guarantee: what detection reads as rows from a commit's bytes is what the strict reader gives,
// over a real ledger with its keys; and our own SDK's records are rows.
import { expect, test } from '@jest/globals'
import { CommitRows, openReader } from '@grantlog/ledger'
import { ATTR, attributeDefinitions, type AttributeValue } from '@grantlog/record'
import type { AuditEvent } from '@grantlog/detect'
import { eventOfRow } from '../../packages/detect/src/leaf-events.ts'
import { eventAt } from '../../packages/detect/src/ledger-events.ts'
import { unitFrom } from '../../packages/query/test/random.ts'
import { tokenSpan } from '../../packages/record/test/spans.ts'
import { isUnusual, numbered, scannedLedger, spans } from './scanned-ledger.ts'

const { eraseSome, fill, folders } = scannedLedger()

/** What an event says, in the order of names. */
function said(event: AuditEvent | null) {
  if (event === null) return null
  const { attributes, ...rest } = event
  const sorted = [...attributes].toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [name, value] of sorted) expect(attributes.get(name)).toEqual(value)
  return { ...rest, attributes: sorted }
}

interface Both {
  /** Null: it is no row. */
  readonly row: ReturnType<typeof said>
  readonly strict: ReturnType<typeof said>
}

/** Of each record, its row and what the strict reader gives. */
async function readBoth(): Promise<readonly Both[]> {
  const reader = await openReader(folders())
  const rows = new CommitRows()
  const both = []
  for await (const frame of reader.plainFrames(0)) {
    const { entries } = frame.read()
    for (rows.begin(frame); rows.next();) {
      const entry = entries[rows.index - frame.first]!
      if (entry.stored.kind !== 'record') continue
      const row = rows.entry === null ? said(eventOfRow(rows)) : null
      both.push({ row, strict: said(eventAt(entry)) })
    }
  }
  await reader.close()
  return both
}

test('as a row and strictly read, a record is the same event', async () => {
  await fill(spans)
  eraseSome()
  const both = await readBoth()
  expect(both).toHaveLength(spans.length)
  const read = both.filter(({ row }) => row !== null)
  // The others have escapes, or times far away.
  expect(read.length).toBeGreaterThan(100)
  for (const { row, strict } of read) expect(row).toEqual(strict)
})

test('what services send is not left to the strict reader', async () => {
  const { attributes } = tokenSpan
  const all = Array.from({ length: 200 }, (_, n) => {
    const some = [...attributes].filter(([name]) => n % 3 > 0 || !name.startsWith('oauth.scope'))
    const words = new Map<string, AttributeValue>([...some, [ATTR.OAUTH_CLIENT_NAME, 'Café']])
    return numbered({ ...tokenSpan, attributes: words }, n)
  })
  await fill(all)
  await expectRows()
  const before = await readBoth()
  // Whose keys are gone has no values of slots.
  eraseSome()
  await expectRows()
  expect(await readBoth()).not.toEqual(before)
})

test('more values than are numbered at once: numbers begin anew', async () => {
  const { attributes } = tokenSpan
  const names = [...attributeDefinitions.values()]
    .filter(
      ({ name, slot, type }) => slot === null && type === 'string' && name.startsWith('oauth'),
    )
    .map(({ name }) => name)
    .slice(0, 20)
  const all = Array.from({ length: 800 }, (_, n) => {
    const own = names.map((name, i) => [name, `value-${i}-of-record-${n}`] as const)
    return numbered({ ...tokenSpan, attributes: new Map([...attributes, ...own]) }, n)
  })
  await fill(all)
  await expectRows()
})

/** Of all but those whose times are far away. */
async function expectRows(): Promise<void> {
  for (const [n, { row, strict }] of (await readBoth()).entries()) {
    expect(row).toEqual(isUnusual(n) ? null : strict)
  }
}

test('rows that were made together are all there at the last of them', async () => {
  await fill(spans)
  const reader = await openReader(folders())
  const rows = new CommitRows()
  let most = 0
  for await (const frame of reader.plainFrames(0)) {
    const { entries } = frame.read()
    const events: AuditEvent[] = []
    let left = 0
    for (rows.begin(frame); rows.next();) {
      if (rows.entry !== null) continue
      if (left === 0) left = rows.together
      events.push(eventOfRow(rows, left))
      left--
      if (left > 0) continue
      most = Math.max(most, events.length)
      for (const event of events.splice(0)) {
        expect(said(event)).toEqual(said(eventAt(entries[event.index! - frame.first]!)))
      }
    }
    expect(events).toEqual([])
  }
  await reader.close()
  expect(most).toBeGreaterThan(1)
})

test('an event of a row that is over throws, rather than to tell of another', async () => {
  await fill(spans.slice(0, 90))
  const reader = await openReader(folders())
  const rows = new CommitRows()
  const seen = { good: 0, over: 0 }
  for await (const frame of reader.plainFrames(0)) {
    let first: AuditEvent | null = null
    let left = 0
    for (rows.begin(frame); rows.next();) {
      const action = (): unknown => first?.attributes.get(ATTR.AUDIT_ACTION)
      if (first !== null && left > 0) {
        expect(action()).toEqual(expect.any(String))
        seen.good++
      } else if (first !== null) {
        expect(action).toThrow(expect.objectContaining({ code: 'EVENT_OVER' }))
        seen.over++
      }
      if (left > 0) left--
      else if (rows.entry === null) {
        left = rows.together - 1
        first = eventOfRow(rows, left + 1)
      }
    }
  }
  await reader.close()
  expect(Math.min(seen.good, seen.over)).toBeGreaterThan(0)
})

test('of damaged bytes nothing else comes than a row, or a leaf to be read strictly', async () => {
  await fill(spans.slice(0, 90))
  const reader = await openReader(folders())
  const rows = new CommitRows()
  const random = unitFrom(11)
  const seen = { row: 0, leaf: 0, error: 0 }
  for await (const frame of reader.plainFrames(0)) {
    const { plaintext } = frame
    const sound = Buffer.from(plaintext)
    for (let n = 0; n < 900; n++) {
      const at = Math.floor(random() * sound.length)
      const length = Math.min(sound.length - at, Math.floor(random() * 200))
      // Overwritten, one byte another, or another piece of it from there on.
      if (n % 3 === 0) plaintext.fill(0x22, at, at + length)
      else if (n % 3 === 1) plaintext[at] = Math.floor(random() * 256)
      else plaintext.set(sound.subarray(0, length), at)
      try {
        for (rows.begin(frame); rows.next();) seen[rows.entry === null ? 'row' : 'leaf']++
      } catch (error) {
        expect(error).toMatchObject({ code: 'LEDGER_FORMAT' })
        seen.error++
      }
      plaintext.set(sound)
    }
  }
  expect(seen.row).toBeGreaterThan(1000)
  expect(seen.leaf).toBeGreaterThan(1000)
  expect(seen.error).toBeGreaterThan(10)
  await reader.close()
})
