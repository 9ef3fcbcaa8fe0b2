// Scenario: an audit is stopped at any entry, and another goes on from what it kept. Guarantee: the
// report is that of an audit that was not stopped; what the log lost meanwhile is found; and what
// is kept says nothing that the log keeps secret.
import { existsSync } from 'node:fs'
import { appendFile, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ATTR, base64url } from '@grantlog/record'
import { person, spanOf, testProducer } from '../../test/producer.ts'
import { type Folders, foldersUnder } from '../folders.ts'
import { encodeEnrolment } from '../format/enrolment.ts'
import { encodeValidation, type Validation } from '../format/validation.ts'
import { createLedger, openLedger } from '../open.ts'
import { audit, type AuditReport } from './audit.ts'

const producers = [testProducer({ services: ['login'] }), testProducer({ services: ['login'] })]
const origin = 'resume.example/log'
let root: string
let folders: Folders
/** The same ledger before its last commits. */
let early: Folders
let logKey: string
const seen: Uint8Array[] = []
let whole: AuditReport
let path: string

const uuid = '019aaf25-0c00-7000-8000-000000000001'
const validation: Validation = {
  ...{ from: 1, until: 2, madeAt: 3, inputs: [], lines: null },
  ...{ report: 'A'.repeat(43), service: 'login', verdict: 'agrees' },
  requests: { counted: 0, records: 0 },
  streams: { all: 0, differing: 0, dropped: 0, emitted: 0, sealed: 0 },
}

/** Commits smaller and larger than a bundle of 256, some of which end where one does. */
const commits = [200, 52, 1, 700, 3, 256, 90]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-resume-'))
  folders = foldersUnder(join(root, 'data'))
  path = join(root, 'state')
  ;({ logKey } = await createLedger(folders, origin))
  const ledger = await openLedger(folders)
  for (const { enrolment, kid } of producers) {
    await ledger.commitContent({ type: 'key', id: kid, content: encodeEnrolment(enrolment) })
  }
  const content = encodeValidation(validation)
  await ledger.commitContent({ type: 'validation', id: uuid, content })
  const next = producers.map(() => 0)
  const wordOf = (): [string, string] => {
    const [name, size, hash] = ledger.checkpoint.note.split('\n')
    const word = `${name} ${size} ${base64url(Buffer.from(hash!, 'base64'))}`
    return [ATTR.AUDIT_STREAM_CHECKPOINT, word]
  }
  for (const [i, count] of commits.entries()) {
    // One of each but the first commit says what the log was before.
    const spans = Array.from({ length: count }, (_, at) =>
      at > 0 || i === 0
        ? spanOf({ seq: next[i % 2]! + at, attributes: person(`person ${at % 9}`) })
        : spanOf({ seq: next[i % 2]!, action: 'audit.stream.heartbeat', attributes: [wordOf()] }),
    )
    next[i % 2]! += count
    await ledger.commit(producers[i % 2]!.batch(spans))
    await ledger.settle()
    seen.push(new TextEncoder().encode(ledger.checkpoint.note))
    if (i !== commits.length - 3) continue
    await cp(folders.ledger, join(root, 'early', 'ledger'), { recursive: true })
  }
  await ledger.close()
  early = { ...foldersUnder(join(root, 'early')), keys: folders.keys }
  whole = await audit({ folders, logKey, seen })
})
afterAll(() => rm(root, { recursive: true, force: true }))

class Stop extends Error {}

/** An audit that is stopped once it has come to an entry. */
async function stopAt(entry: number, at = { folders, seen }): Promise<void> {
  const onProgress = (done: number): void => {
    if (done >= entry) throw new Stop()
  }
  const stopped = audit({ ...at, logKey, onProgress, resume: { path, everyMs: 0 } })
  await expect(stopped).rejects.toThrow(Stop)
}

const goOn = (at: { folders?: Folders; seen?: Uint8Array[]; logKey?: string } = {}) =>
  audit({ folders, logKey, seen, ...at, resume: { path, everyMs: 0 } })

test('without a stop it reports the same, and keeps nothing', async () => {
  expect(whole).toMatchObject({ findings: [], anchors: commits.length, resumed: null })
  expect(whole.validations).toMatchObject([validation])
  expect(whole.words).toMatchObject({ told: commits.length - 1, keys: 2 })
  expect(await goOn()).toEqual(whole)
  expect(existsSync(path)).toBe(false)
})

test('stopped anywhere, and stopped again, it reports what one audit does', async () => {
  const froms = new Set<number>()
  for (let entry = 1; entry <= whole.size; entry += 83) {
    await stopAt(entry)
    const { resumed, ...report } = await goOn()
    expect(report).toEqual({ ...whole, resumed: undefined })
    expect(existsSync(path)).toBe(false)
    if (resumed) froms.add(resumed.from)
    expect(resumed?.from ?? 0).toBeLessThanOrEqual(entry)
  }
  expect([...froms].some((from) => from % 256 !== 0)).toBe(true)
  expect(froms.size).toBeGreaterThan(2)
  for (let entry = 300; entry <= whole.size; entry += 150) await stopAt(entry)
  const { resumed, ...report } = await goOn()
  expect(report).toEqual({ ...whole, resumed: undefined })
  expect(resumed!.from).toBeGreaterThan(whole.size - 600)
})

test('asked to stop it keeps how far it is, whenever a write was due', async () => {
  const asked = new AbortController()
  const onProgress = (done: number): void => {
    if (done > 300) asked.abort()
  }
  const resume = { path, signal: asked.signal }
  const stopped = audit({ folders, logKey, seen, onProgress, resume })
  await expect(stopped).rejects.toMatchObject({ code: 'AUDIT_STOPPED' })
  const { resumed, ...report } = await goOn()
  expect(resumed!.from).toBeGreaterThan(300)
  expect(report).toEqual({ ...whole, resumed: undefined })
})

test('the log may have grown meanwhile', async () => {
  const small = await audit({ folders: early, logKey })
  await stopAt(small.size - 20, { folders: early, seen: [] })
  const { resumed, ...report } = await goOn({ seen: seen.slice(-2) })
  expect(resumed?.from).toBeGreaterThan(0)
  expect(report).toEqual({ ...whole, anchors: 2, resumed: undefined })
})

test('a log shorter than the verifier has seen it is found, and read from its start', async () => {
  await stopAt(whole.size - 20)
  const report = await goOn({ folders: early, seen: [] })
  expect(report.findings.map(({ code }) => code)).toContain('LOG_ROLLED_BACK')
  expect(report).toMatchObject({ resumed: null, anew: 'log-shorter' })
  expect(report.records).toBeGreaterThan(0)
})

test('what was changed behind the place is found; an older checkpoint asks for all', async () => {
  const harmed = foldersUnder(join(root, 'harmed'))
  await cp(join(root, 'data'), join(root, 'harmed'), { recursive: true })
  await stopAt(600, { folders: harmed, seen: [] })
  // One from before the place: its root has to be computed, so all is read.
  expect(await goOn({ folders: harmed })).toMatchObject({ resumed: null, anew: 'root-unknown' })
  await stopAt(600, { folders: harmed, seen: [] })
  const file = join(harmed.ledger, 'tile', 'entries', '004')
  const entries = await readFile(file, 'latin1')
  await writeFile(file, entries.replace('"type":"record"', '"type":"recorD"'), 'latin1')
  const report = await goOn({ folders: harmed, seen: seen.slice(-1) })
  expect(report.resumed?.from).toBeGreaterThan(0)
  expect(report.findings.map(({ code }) => code)).toContain('LEAF_ALTERED')
  expect(existsSync(path)).toBe(false)
})

test('once something is found nothing more is kept: it will be found again', async () => {
  const harmed = foldersUnder(join(root, 'harmed'))
  await stopAt(whole.size, { folders: harmed, seen: [] })
  const { findings, resumed } = await goOn({ folders: harmed, seen: [] })
  expect(resumed!.from).toBeLessThanOrEqual(5 * 256)
  expect(findings.map(({ code }) => code)).toContain('LEAF_ALTERED')
})

test('a file of another log or key, or a damaged one, is refused and left alone', async () => {
  await stopAt(600)
  const bytes = await readFile(path)
  const other = foldersUnder(join(root, 'other'))
  const keys = await createLedger(other, 'other.example/log')
  const refused = (at: Parameters<typeof goOn>[0]) =>
    expect(goOn(at)).rejects.toMatchObject({ code: 'RESUME_UNUSABLE' })
  await refused({ folders: other, logKey: keys.logKey, seen: [] })
  for (let at = 0; at < bytes.length; at += 97) {
    const damaged = Buffer.from(bytes)
    damaged[at]! ^= 1
    await writeFile(path, damaged)
    await refused({})
  }
  for (const length of [0, 10, bytes.length - 1]) {
    await writeFile(path, bytes.subarray(0, length))
    await refused({})
  }
  await writeFile(path, bytes)
  await appendFile(path, 'more')
  await refused({})
  await rm(path)
})

test('what an older version kept is not used: all is read again, and that is told', async () => {
  await stopAt(600)
  const bytes = await readFile(path)
  const titled = (version: string): Promise<void> =>
    writeFile(path, bytes.toString('latin1').replace('audit-v3', `audit-v${version}`), 'latin1')
  await titled('1')
  const told: unknown[] = []
  const onAnew = (why: unknown): void => void told.push(why, existsSync(path))
  const first: number[] = []
  const onProgress = (done: number): void => void first.push(done)
  const resume = { path, everyMs: 0, onAnew }
  const report = await audit({ folders, logKey, seen, onProgress, resume })
  expect(report).toEqual({ ...whole, anew: 'older-version' })
  expect(told).toEqual(['older-version', true])
  expect(first[0]).toBe(0)
  expect(existsSync(path)).toBe(false)

  // Stopped again, it keeps a file of its own version in that place, and goes on from it.
  await titled('1')
  await stopAt(600)
  expect(await goOn()).toMatchObject({ anew: null, resumed: { from: expect.any(Number) } })

  for (const version of ['4', '10']) {
    await titled(version)
    await expect(goOn()).rejects.toThrow(/is of a newer version/)
  }
  await titled('0')
  await expect(goOn()).rejects.toThrow(/is none, or was damaged/)
  await rm(path)
})

test('what is kept is for its owner alone, and has neither keys nor people', async () => {
  await stopAt(whole.size)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const text = await readFile(path, 'latin1')
  for (const secret of ['person', 'PRIVATE', '"d"', 'secret', 'salt']) {
    expect(text).not.toContain(secret)
  }
  // The title, the length of the head, the head.
  const at = text.indexOf('\n') + 1
  const length = (await readFile(path)).readUInt32BE(at)
  const head = JSON.parse(text.slice(at + 4, at + 4 + length)) as object
  expect(Object.keys(head)).toEqual([
    ...['origin', 'logKey', 'startedAt', 'known', 'hashes', 'frontierSize', 'roots', 'size'],
    ...['frame', 'lastReceivedAt', 'records', 'verified', 'logs'],
    ...['enrolments', 'declared'],
    ...['validations', 'words', 'chains', 'kids', 'minute'],
  ])
  await rm(path)
})
