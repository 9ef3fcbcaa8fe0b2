// Guarantee: what detection scans from a commit's bytes is what the strict reader gives, over a
// real ledger with its keys; and it scans what our own SDK records.
import { expect, test } from '@jest/globals'
import { CommitCursor, decodeLeaf, openReader } from '@grantlog/ledger'
import type { AuditEvent } from '@grantlog/detect'
import { eventAt } from '../../packages/detect/src/ledger-events.ts'
import { EventScanner } from '../../packages/detect/src/scan/scanner.ts'
import { unitFrom } from '../../packages/query/test/random.ts'
import { tokenSpan } from '../../packages/record/test/spans.ts'
import { numbered, scannedLedger, spans } from './scanned-ledger.ts'

const { eraseSome, fill, folders } = scannedLedger()

/** Of each record, what the scanner gives and what the strict reader gives. */
async function readBoth(): Promise<{ scanned: AuditEvent | null; strict: AuditEvent | null }[]> {
  const reader = await openReader(folders())
  const scanner = new EventScanner()
  const both = []
  for await (const frame of reader.plainFrames(0)) {
    const { entries } = frame.read()
    for (const walk = new CommitCursor(frame); walk.next();) {
      if (!walk.isRecord) continue
      const leaf = decodeLeaf(frame.leaves.subarray(walk.leafFrom, walk.leafTo))
      const scanned = scanner.scan(frame, walk, leaf)
      both.push({ scanned, strict: eventAt(entries[walk.index - frame.first]!) })
    }
  }
  await reader.close()
  return both
}

test('scanned and strictly read, a record is the same event', async () => {
  await fill(spans)
  eraseSome()
  const both = await readBoth()
  expect(both).toHaveLength(spans.length)
  const scanned = both.filter((one) => one.scanned !== null)
  // The others have escapes.
  expect(scanned.length).toBeGreaterThan(150)
  for (const one of scanned) {
    expect(one.scanned).toEqual(one.strict)
    expect([...one.scanned!.attributes]).toEqual([...one.strict!.attributes])
  }
})

test('what services send is not left to the strict reader', async () => {
  const { attributes } = tokenSpan
  const all = Array.from({ length: 200 }, (_, n) => {
    const some = [...attributes].filter(([name]) => n % 3 > 0 || !name.startsWith('oauth.scope'))
    return numbered({ ...tokenSpan, attributes: new Map(some) }, n)
  })
  await fill(all)
  const both = await readBoth()
  expect(both.filter(({ scanned }) => scanned === null)).toEqual([])
  expect(both.map(({ scanned }) => scanned)).toEqual(both.map(({ strict }) => strict))
})

test('of damaged bytes nothing else comes than an event, or nothing', async () => {
  await fill(spans.slice(0, 90))
  const reader = await openReader(folders())
  const random = unitFrom(11)
  const scanner = new EventScanner()
  const seen = { event: 0, nothing: 0 }
  for await (const frame of reader.plainFrames(0)) {
    for (const walk = new CommitCursor(frame); walk.next();) {
      const { contentFrom, contentTo, isRecord } = walk
      if (!isRecord) continue
      const leaf = decodeLeaf(frame.leaves.subarray(walk.leafFrom, walk.leafTo))
      const sound = Buffer.from(frame.plaintext.subarray(contentFrom, contentTo))
      for (let n = 0; n < 20; n++) {
        const at = contentFrom + Math.floor(random() * sound.length)
        // Cut off, one byte another, or another piece of it from there on.
        if (n % 3 === 0) frame.plaintext.fill(0x22, at, contentTo)
        else if (n % 3 === 1) frame.plaintext[at] = Math.floor(random() * 256)
        else frame.plaintext.set(sound.subarray(0, contentTo - at), at)
        seen[scanner.scan(frame, walk, leaf) === null ? 'nothing' : 'event']++
        frame.plaintext.set(sound, contentFrom)
      }
    }
  }
  expect(seen.event).toBeGreaterThan(0)
  expect(seen.nothing).toBeGreaterThan(500)
  await reader.close()
})
