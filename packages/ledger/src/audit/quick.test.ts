// Scenario: commits of records, whole and with any part of them changed. Guarantee: what the quick
// check takes is what the readable one finds nothing in, and both then know the same of it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { person, spanOf, testProducer } from '../../test/producer.ts'
import { Chains } from '../commit/chains.ts'
import { Streams } from '../commit/streams.ts'
import { foldersUnder } from '../folders.ts'
import { type Enrolment, encodeEnrolment } from '../format/enrolment.ts'
import { isRecordLeaf } from '../format/leaf.ts'
import type { StoredRecord } from '../format/plaintext.ts'
import { createLedger, openLedger } from '../open.ts'
import { type LedgerReader, openReader } from '../reader.ts'
import { Findings } from './findings.ts'
import { FrameCursor, leafOf, type ReadFrame } from './frames.ts'
import { QuickAudit } from './quick.ts'
import { auditStored, type StoredAudit } from './stored.ts'

const producer = testProducer()
const actions = ['oauth.token', 'oauth.token', 'audit.stream.heartbeat', 'oauth.authorize']
const spans = Array.from({ length: 12 }, (_, seq) =>
  spanOf({ seq, action: actions[seq % 4]!, attributes: person(`person ${seq % 3}`) }),
)
let root: string
let reader: LedgerReader
let frame: ReadFrame

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-quick-'))
  const folders = foldersUnder(root)
  await createLedger(folders, 'quick.example/log')
  const ledger = await openLedger(folders)
  const { enrolment, kid } = producer
  await ledger.commitContent({ type: 'key', id: kid, content: encodeEnrolment(enrolment) })
  await Promise.all([
    ledger.commit(producer.batch(spans.slice(0, 5))),
    ledger.commit(producer.batch(spans.slice(5))),
  ])
  await ledger.close()
  reader = await openReader(folders)
  const cursor = new FrameCursor(reader.journal, reader.keystore)
  for (; !cursor.done; cursor.skip()) {
    const state = await cursor.peek()
    if (typeof state === 'object' && state.entries.length > 2) frame = state
  }
})
afterAll(async () => {
  await reader.close()
  await rm(root, { recursive: true, force: true })
})

interface Outcome {
  readonly found: number
  readonly verified: number
  readonly streams: readonly unknown[]
}

function newAudit(enrolment: Enrolment = producer.enrolment): StoredAudit {
  return {
    ...{ findings: new Findings(), keystore: reader.keystore, blind: false, verified: 0 },
    ...{ enrolments: new Map([[producer.kid, enrolment]]), chains: new Chains() },
    validations: new Map(),
  }
}

function byReference(of: ReadFrame, enrolment?: Enrolment): Outcome {
  const audit = newAudit(enrolment)
  const streams = new Streams()
  const leaves = of.entries.map(leafOf)
  for (const [i, leaf] of leaves.entries()) {
    if (leaf && isRecordLeaf(leaf)) streams.add(leaf, of.first + i)
  }
  auditStored(audit, of.first, leaves.slice(0, -1), of.plaintext!)
  const found = audit.findings.count + leaves.filter((leaf) => leaf === null).length
  return { found, verified: audit.verified, streams: [...streams.states()] }
}

/** Null when it does not take the commit. */
function quickly(of: ReadFrame, enrolment?: Enrolment): Outcome | null {
  const audit = newAudit(enrolment)
  const streams = new Streams()
  const records = new QuickAudit(audit, streams).take(of, 0)
  if (records === null) {
    expect([audit.findings.count, audit.verified, [...streams.states()]]).toEqual([0, 0, []])
    return null
  }
  expect(records).toBe(audit.verified)
  const found = audit.findings.count
  return { found, verified: audit.verified, streams: [...streams.states()] }
}

test('a sound commit is taken, and the same is known of it', () => {
  expect(frame.entries).toHaveLength(13)
  expect(byReference(frame)).toMatchObject({ found: 0, verified: 9 })
  expect(quickly(frame)).toEqual(byReference(frame))
})

const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, bytes[at]! ^ 1)

/** The frame with one record's part changed. */
function withPart(i: number, change: (part: StoredRecord) => StoredRecord): ReadFrame {
  const { entries, ...rest } = frame.plaintext!
  const changed = entries.map((part, at) =>
    at === i && part.kind === 'record' ? change(part) : part,
  )
  return { ...frame, plaintext: { ...rest, entries: changed } }
}

/** Taken by neither: each change must be found, and by the readable check, too. */
function expectFound(changed: ReadFrame): void {
  expect(quickly(changed)).toBeNull()
  expect(byReference(changed).found).toBeGreaterThan(0)
}

test('a record with any byte of its canonical form or its openings changed is not taken', () => {
  const { canonical, subjects } = frame.plaintext!.entries[7] as StoredRecord
  for (let at = 0; at < canonical.length; at += 7) {
    expectFound(withPart(7, (part) => ({ ...part, canonical: flipped(canonical, at) })))
  }
  for (const name of ['keyId', 'nonce', 'ciphertext'] as const) {
    for (let at = 0; at < subjects[0]!.ciphertext.length; at += 5) {
      if (at >= subjects[0]![name].length) break
      const changed = { ...subjects[0]!, [name]: flipped(subjects[0]![name], at) }
      const rest = subjects.slice(1)
      expectFound(withPart(7, (part) => ({ ...part, subjects: [changed, ...rest] })))
    }
  }
})

test('a leaf with any byte changed is not taken; nor is one of another record', () => {
  const entry = frame.entries[7]!
  const withEntry = (changed: Uint8Array): ReadFrame => ({
    ...frame,
    entries: frame.entries.with(7, changed),
  })
  for (let at = 0; at < entry.length; at++) {
    const changed = withEntry(flipped(entry, at))
    const quick = quickly(changed)
    // A time is no record's own: whether it may be is seen in the order of leaves.
    if (quick) expect(quick).toEqual({ ...byReference(changed), found: 0 })
  }
  expectFound(withEntry(frame.entries[8]!))
})

test('a batch of which anything is changed is not taken', () => {
  const { batches } = frame.plaintext!
  const withBatch = (jws: string, digests: Uint8Array): ReadFrame => ({
    ...frame,
    plaintext: { ...frame.plaintext!, batches: batches.with(1, { jws, digests }) },
  })
  const { digests, jws } = batches[1]!
  for (let at = 0; at < digests.length; at += 11) expectFound(withBatch(jws, flipped(digests, at)))
  for (let at = 0; at < jws.length; at += 3) {
    const other = jws[at] === 'A' ? 'B' : 'A'
    if (other === jws[at] || at === jws.length - 1) continue
    expectFound(withBatch(jws.slice(0, at) + other + jws.slice(at + 1), digests))
  }
  expectFound(withPart(7, (part) => ({ ...part, batch: 0 })))
})

test('a key that may not speak for a record leaves it to the readable check', () => {
  const narrower: Partial<Enrolment>[] = [
    { services: ['billing'] },
    { roles: ['client'] },
    { audience: 'other' },
    { issuers: ['https://other.example'] },
    { validUntil: 1 },
    { validFrom: 1_795_467_001 },
    { publicKey: testProducer().enrolment.publicKey },
  ]
  for (const change of narrower) {
    const enrolment = { ...producer.enrolment, ...change }
    expect(quickly(frame, enrolment)).toBeNull()
    expect(byReference(frame, enrolment).found).toBeGreaterThan(0)
  }
})
