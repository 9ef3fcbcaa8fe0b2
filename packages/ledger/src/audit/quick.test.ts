// Scenario: commits of records, whole and with any part of them changed. Guarantee: what the quick
// check takes is what the readable one finds nothing in, and both then know the same of it.
// Long because each part of a commit can be wrong in ways of its own, and all need the same commit.
import { createCipheriv } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createRandom } from '@grantlog/journal/testing'
import { base64url, digestOf, jcsBytes, type JsonValue, utf8 } from '@grantlog/record'
import { person, spanOf, testProducer } from '../../test/producer.ts'
import { Chains } from '../commit/chains.ts'
import { Streams } from '../commit/streams.ts'
import { openSubjects } from '../commit/subjects.ts'
import { sha256 } from '../crypto.ts'
import { foldersUnder } from '../folders.ts'
import { type Enrolment, encodeEnrolment } from '../format/enrolment.ts'
import { countEntries, splitFrame } from '../format/frame.ts'
import { isRecordLeaf, leafOf, type RecordLeaf, recordTypeOf } from '../format/leaf.ts'
import { OpeningSplitter, slotsOf } from '../format/outline.ts'
import { type CommitPlaintext, encodePlaintext, type StoredRecord } from '../format/plaintext.ts'
import { createLedger, openLedger } from '../open.ts'
import { type LedgerReader, openReader } from '../reader.ts'
import { Findings } from './findings.ts'
import { FrameCursor, ReadFrame } from './frames.ts'
import { startMachine } from '../machine.ts'
import { QuickAudit } from './quick.ts'
import { auditStored, type StoredAudit } from './stored.ts'
import { Words } from './words.ts'

const producer = testProducer()
const actions = ['oauth.token', 'oauth.token', 'audit.stream.heartbeat', 'oauth.authorize']
const spans = Array.from({ length: 12 }, (_, seq) =>
  spanOf({ seq, action: actions[seq % 4]!, attributes: person(`person ${seq % 3}`) }),
)
const machine = startMachine()
let root: string
let reader: LedgerReader
let frame: ReadFrame
let frameKey: string

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
  await cursor.close()
  frameKey = splitFrame(await reader.journal.readFrame(frame.number)).frame.fields.key
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

const noWords = new Words({ origin: 'x', size: 0, tree: { sha256, hash: () => sha256(utf8('')) } })

function newAudit(enrolment: Enrolment = producer.enrolment): StoredAudit {
  return {
    ...{ findings: new Findings(), keystore: reader.keystore, blind: false, verified: 0 },
    ...{ enrolments: new Map([[producer.kid, enrolment]]), chains: new Chains() },
    ...{
      logs: 0,
      validations: new Map(),
      declared: new Map(),
      words: noWords,
    },
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
  const records = new QuickAudit(audit, streams, machine).take(of, 0)
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

/** The frame with something else in it: still of the format. */
function withParts(change: {
  entries?: readonly Uint8Array[]
  plaintext?: Partial<CommitPlaintext>
}): ReadFrame {
  const { first, number, receivedAt, sound } = frame
  const entries = change.entries ?? frame.entries
  const leaves = Buffer.concat(
    entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 255), entry]),
  )
  const opened = encodePlaintext({ ...frame.plaintext!, ...change.plaintext })
  return new ReadFrame({ first, number, receivedAt, sound, size: entries.length, leaves, opened })
}

/** The frame with one record's part changed. */
function withPart(i: number, change: (part: StoredRecord) => StoredRecord): ReadFrame {
  const entries = frame.plaintext!.entries.map((part, at) =>
    at === i && part.kind === 'record' ? change(part) : part,
  )
  return withParts({ plaintext: { entries } })
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
  for (const name of ['keyId', 'nonce', 'outline', 'ciphertext'] as const) {
    for (let at = 0; at < subjects[0]![name].length; at += 5) {
      const changed = { ...subjects[0]!, [name]: flipped(subjects[0]![name], at) }
      const rest = subjects.slice(1)
      expectFound(withPart(7, (part) => ({ ...part, subjects: [changed, ...rest] })))
    }
  }
})

test('a record of which a slot is not stored, or another in its place, is not taken', () => {
  const { subjects } = frame.plaintext!.entries[7] as StoredRecord
  expect(slotsOf(subjects[0]!.outline)).toHaveLength(2)
  expectFound(withPart(7, (part) => ({ ...part, subjects: [] })))
  const { outline, values } = new OpeningSplitter().split(
    openSubjects(subjects, reader.keystore).slice(0, 1),
  )
  const key = reader.keystore.subjectKeyById(subjects[0]!.keyId)!
  const ciphertext = createCipheriv('aes-256-ctr', key, subjects[0]!.nonce).update(values)
  const one = { ...subjects[0]!, outline: Uint8Array.from(outline), ciphertext }
  expectFound(withPart(7, (part) => ({ ...part, subjects: [one] })))
  expectFound(withPart(7, (part) => ({ ...part, subjects: [one, one] })))
})

test('a leaf with any byte changed is not taken; nor is one of another record', () => {
  const entry = frame.entries[7]!
  const withEntry = (changed: Uint8Array): ReadFrame =>
    withParts({ entries: frame.entries.with(7, changed) })
  for (let at = 0; at < entry.length; at++) {
    const changed = withEntry(flipped(entry, at))
    const quick = quickly(changed)
    // A time is no record's own: whether it may be is seen in the order of leaves.
    if (quick) expect(quick).toEqual({ ...byReference(changed), found: 0 })
  }
  expectFound(withEntry(frame.entries[8]!))
  expect(quickly(withEntry(entry.subarray(0, 50)))).toBeNull()
})

test('a batch of which anything is changed is not taken', () => {
  const { batches } = frame.plaintext!
  const withBatch = (jws: string, digests: Uint8Array): ReadFrame =>
    withParts({ plaintext: { batches: batches.with(1, { jws, digests }) } })
  const { digests, jws } = batches[1]!
  for (let at = 0; at < digests.length; at += 11) expectFound(withBatch(jws, flipped(digests, at)))
  for (let at = 0; at < jws.length; at += 3) {
    const other = jws[at] === 'A' ? 'B' : 'A'
    if (other === jws[at] || at === jws.length - 1) continue
    expectFound(withBatch(jws.slice(0, at) + other + jws.slice(at + 1), digests))
  }
  expectFound(withPart(7, (part) => ({ ...part, batch: 0 })))
  expect(quickly(withPart(7, (part) => ({ ...part, batch: 9 })))).toBeNull()
})

/** What is taken must be sound for the reference, which must know the same of it. */
function expectAgreed(changed: ReadFrame, enrolment?: Enrolment): boolean {
  const quick = quickly(changed, enrolment)
  if (!quick) return false
  expect(changed.plaintext).not.toBeNull()
  expect(quick).toEqual(byReference(changed, enrolment))
  expect(quick.found).toBe(0)
  return true
}

test('bytes changed, cut out or put in anywhere: what is taken is sound', () => {
  const { below, bytes: some } = createRandom(7)
  const damaged = (bytes: Uint8Array): Uint8Array => {
    const at = below(bytes.length)
    const [kind, put] = [below(4), some(1 + below(4))]
    if (kind === 0) return bytes.subarray(0, at)
    const rest = bytes.subarray(at + (kind === 1 ? 0 : put.length))
    return Buffer.concat([bytes.subarray(0, at), kind === 2 ? rest : Buffer.concat([put, rest])])
  }
  let taken = 0
  for (let i = 0; i < 1500; i++) {
    const { first, number, receivedAt, size, sound } = frame
    const ofLeaves = i % 5 === 0
    const leaves = ofLeaves ? damaged(frame.leaves) : frame.leaves
    const opened = ofLeaves ? frame.opened : damaged(frame.opened!)
    const parts = { first, number, receivedAt, size, sound, leaves, opened }
    if (ofLeaves && !isWhole(leaves, size)) continue
    if (expectAgreed(new ReadFrame(parts))) taken++
  }
  // Nearly nothing: times, and what says the same as before.
  expect(taken).toBeLessThan(30)
  const { first, leaves, number, opened, receivedAt, size, sound } = frame
  const longer = Buffer.concat([opened!, Buffer.alloc(1)])
  const parts = { first, number, receivedAt, size, sound, leaves, opened: longer }
  expect(quickly(new ReadFrame(parts))).toBeNull()
})

/** As the reader of frames asks for: so many entries, of which the last is the frame's leaf. */
function isWhole(leaves: Uint8Array, size: number): boolean {
  try {
    const counted = countEntries(leaves)
    const last = Buffer.from(leaves.subarray(counted.lastAt))
    return counted.size === size && last.equals(frame.entries.at(-1)!)
  } catch {
    return false
  }
}

test('forms that a producer may sign but that are none are taken by neither', () => {
  const { below } = createRandom(11)
  const samples = [...'"\\{}[]:,0159azAZ-_. \u007f\u00e9\n', '"audit.action":{"stringValue":"x"},']
  const { entries } = frame.plaintext!
  let [taken, refused] = [0, 0]
  for (let i = 0; i < 1500; i++) {
    const { canonical } = entries[i % 4 === 0 ? 2 : 1] as StoredRecord
    const at = below(canonical.length)
    const sample = Buffer.from(samples[below(samples.length)]!)
    const behind = at + below(3)
    const changed = [canonical.subarray(0, at), sample, canonical.subarray(behind)]
    const signed = signedFrame(Buffer.concat(changed), entries[i % 4 === 0 ? 2 : 1] as StoredRecord)
    if (expectAgreed(signed)) taken++
    else if (byReference(signed).found > 0) refused++
  }
  // Some change nothing but a text; what is unusual is left to the reference, which takes a little.
  expect(taken).toBeGreaterThan(50)
  expect(refused).toBeGreaterThan(300)
})

/** Members as JCS writes them, in any order. */
const written = (members: readonly (readonly [string, unknown])[]): string =>
  `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`

/** Lists that differ in one member: left out, twice, before the one it stands behind, another. */
function variants(members: readonly (readonly [string, unknown])[]): string[] {
  return members.flatMap((member, i) => {
    const [name] = member
    const others = [{ stringValue: '' }, { intValue: '01' }, { boolValue: true }, 'x']
    return [
      members.toSpliced(i, 1),
      members.toSpliced(i, 0, member),
      members.toSpliced(i, 2, ...members.slice(i, i + 2).toReversed()),
      members.with(i, [`${name}x`, member[1]]),
      members.toSpliced(i, 0, ['user.id', { stringValue: 'x' }]),
      ...others.map((value) => members.with(i, [name, value])),
    ].map(written)
  })
}

test('attributes left out, twice, out of order, or of another kind are taken by neither', () => {
  const part = frame.plaintext!.entries[1] as StoredRecord
  const text = Buffer.from(part.canonical).toString('latin1')
  const { attributes, slots } = JSON.parse(text) as Record<'attributes' | 'slots', object>
  let refused = 0
  for (const members of [attributes, slots]) {
    const all = Object.entries(members)
    for (const variant of variants(all)) {
      const canonical = Buffer.from(text.replace(written(all), variant), 'latin1')
      const signed = signedFrame(canonical, part)
      if (!expectAgreed(signed) && byReference(signed).found > 0) refused++
    }
  }
  expect(refused).toBeGreaterThan(70)
})

test('openings that a record commits to, but that are none, are taken by neither', () => {
  const part = frame.plaintext!.entries[1] as StoredRecord
  const subject = part.subjects[0]!
  const key = reader.keystore.subjectKeyById(subject.keyId)!
  const all = openSubjects(part.subjects, reader.keystore)
  const { opening, slot } = all.find((each) => each.slot === 'user')!
  const text = Buffer.from(opening).toString('latin1')
  const { fields, salt } = JSON.parse(text) as { fields: object; salt: string }
  const members = Object.entries(fields)
  const form = (inner: string, rest = `"salt":"${salt}"`): string => `{"fields":${inner},${rest}}`
  const session: [string, unknown] = ['session.id', { stringValue: 's' }]
  const whole = written(members)
  const changed = [
    ...variants([session, ...members]).map((each) => form(each)),
    form('{}'),
    form(written([['oauth.client.id', { stringValue: 'x' }]])),
    form(whole, `"salt":"${salt.slice(1)}"`),
    form(whole, `"salt":"${salt}","more":"x"`),
    form(whole, `"salt":"${salt.slice(0, -1)}_"`),
  ]
  const before = `"user":"${base64url(commitmentHash(opening))}"`
  const frameOf = (bytes: Uint8Array): ReadFrame => {
    const canonical = Buffer.from(part.canonical).toString('latin1')
    const after = `"user":"${base64url(commitmentHash(bytes))}"`
    const openings = all.map((each) => (each.slot === slot ? { slot, opening: bytes } : each))
    const { outline, values } = new OpeningSplitter().split(openings)
    const ciphertext = createCipheriv('aes-256-ctr', key, subject.nonce).update(values)
    const subjects = [{ ...subject, outline: Uint8Array.from(outline), ciphertext }]
    return signedFrame(Buffer.from(canonical.replace(before, after)), { ...part, subjects })
  }
  expect(expectAgreed(frameOf(opening))).toBe(true)
  let refused = 0
  for (const each of changed) {
    const signed = frameOf(Buffer.from(each))
    if (!expectAgreed(signed) && byReference(signed).found > 0) refused++
  }
  expect(refused).toBeGreaterThan(15)
})

/** Of an opening, 32 bytes; see FORMAT.md 1.3. */
function commitmentHash(opening: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([Buffer.from('grantlog-slot-v1\n'), opening]))
}

test('a record that its batch does not sign, or at another number, is not taken', () => {
  const part = frame.plaintext!.entries[1] as StoredRecord
  const other = digestOf((frame.plaintext!.entries[2] as StoredRecord).canonical, sha256)
  const own = digestOf(part.canonical, sha256)
  const seq = (leafOf(frame.entries[1]!) as RecordLeaf).seq
  expect(expectAgreed(signedFrame(part.canonical, part))).toBe(true)
  expectFound(signedFrame(part.canonical, part, [[other], seq]))
  expectFound(signedFrame(part.canonical, part, [[own], seq + 1]))
  expectFound(signedFrame(part.canonical, part, [[own, own], seq - 2]))
  expect(expectAgreed(signedFrame(part.canonical, part, [[other, own, other], seq - 1]))).toBe(true)
})

test('a digest that stands behind those of the batch is not in it', () => {
  const part = frame.plaintext!.entries[1] as StoredRecord
  const text = Buffer.from(part.canonical).toString('latin1')
  const canonical = Buffer.from(text.replace(/(sequence.number":{"intValue":")\d+/, '$12000'))
  const [own, other] = [digestOf(canonical, sha256), sha256(part.canonical)]
  const withUnsigned = (bytes: Uint8Array, firstSeq: number): ReadFrame =>
    signedFrame(canonical, { ...part, unsigned: bytes }, [[other], firstSeq])
  const placed = Buffer.from(withUnsigned(own, 0).opened!)
  const distance = placed.indexOf(own) - placed.indexOf(other)
  const padding = -distance & 31
  const unsigned = Buffer.concat([Buffer.alloc(padding), own])
  const forged = withUnsigned(unsigned, 2000 - (distance + padding) / 32)
  expectFound(forged)
})

/** A commit of one record that says anything, with a leaf that says the same, in a batch. */
function signedFrame(
  canonical: Uint8Array,
  part: StoredRecord,
  batch?: readonly [digests: readonly Uint8Array[], firstSeq: number],
): ReadFrame {
  const text = Buffer.from(canonical).toString('latin1')
  const value = (name: string): string | undefined =>
    new RegExp(`"${name}":{"[a-z]+Value":"([^"]*)"`, 'i').exec(text)?.[1]
  const digest = digestOf(canonical, sha256)
  const said = Number(value('audit.sequence.number') ?? 0)
  const seq = Number.isSafeInteger(said) && said >= 0 ? said : 0
  const [digests, firstSeq] = batch ?? [[digest], seq]
  const { jws } = producer.signDigests(digests, firstSeq)
  const [leafOfRecord, frameLeaf] = [leafOf(frame.entries[1]!) as RecordLeaf, frame.entries.at(-1)!]
  const id = value('audit.record.id') ?? leafOfRecord.id
  const type = recordTypeOf(value('audit.action') ?? '')
  const leaf = { ...leafOfRecord, digest: base64url(digest), id, seq, type }
  return withParts({
    entries: [jcsBytes(leaf as unknown as JsonValue), frameLeaf],
    plaintext: {
      batches: [{ jws, digests: Buffer.concat(digests) }],
      entries: [{ ...part, canonical, batch: 0 }],
    },
  })
}

test('a key that may not speak for a record leaves it to the readable check', () => {
  const narrower: Partial<Enrolment>[] = [
    { services: ['billing'] },
    { roles: ['client'] },
    { audience: 'other' },
    { issuers: ['https://other.example'] },
    { validUntil: 1 },
    { revoked: 'key_compromise' },
    { validFrom: 1_795_467_001 },
    { publicKey: testProducer().enrolment.publicKey },
  ]
  for (const change of narrower) {
    const enrolment = { ...producer.enrolment, ...change }
    expect(quickly(frame, enrolment)).toBeNull()
    expect(byReference(frame, enrolment).found).toBeGreaterThan(0)
  }
})

// The last one: it harms the keystore that the others read.
test('keys that were used are not used on once another process has destroyed them', () => {
  const audit = new QuickAudit(newAudit(), new Streams())
  expect(audit.take(frame, 0)).not.toBeNull()
  const other = new DatabaseSync(join(foldersUnder(root).keys, 'keystore.db'))
  other.exec("DELETE FROM key WHERE kind = 'subject'")
  other.close()
  // As with each frame that is read.
  reader.keystore.frameKeyById(frameKey)
  expect(audit.take(frame, 0)).toBeNull()
  expect(byReference(frame).found).toBeGreaterThan(0)
  // Which slots are stored is known without them.
  const codesOf = (of: ReadFrame): string[] => {
    const one = newAudit()
    auditStored(one, of.first, of.entries.map(leafOf).slice(0, -1), of.plaintext!)
    return [...new Set(one.findings.list.map(({ code, detail }) => `${code} ${detail}`))]
  }
  expect(codesOf(frame)).toEqual([expect.stringMatching('SUBJECT_KEY_MISSING')])
  const without = withPart(7, (part) => ({ ...part, subjects: [] }))
  expect(codesOf(without)).toContain('RECORD_ALTERED slot user is not stored')
})
