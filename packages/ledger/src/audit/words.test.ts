// Scenario: producers' heartbeats name the checkpoints that they saw, as the SDK's do, in commits
// of all sizes. Guarantee: history that is written anew with the log's own keys contradicts them,
// with no checkpoint from elsewhere; what contradicts is named with its key, but for one that was
// declared compromised by then.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ATTR, base64url } from '@grantlog/record'
import { person, spanOf, testProducer } from '../../test/producer.ts'
import { foldersUnder } from '../folders.ts'
import { type Enrolment, encodeEnrolment } from '../format/enrolment.ts'
import type { Ledger } from '../ledger.ts'
import { createLedger, openLedger } from '../open.ts'
import { rewrittenWithout } from '../testing/keys.ts'
import { audit, type AuditReport } from './audit.ts'

const origin = 'words.example/log'
const producer = testProducer()
let root: string
let logKey: string
/** Index of a record that no word is about. */
let victim: number

/** `origin size root`, as a producer says it. */
function wordOf({ checkpoint: { note } }: Ledger): string {
  const [name, size, hash] = note.split('\n')
  return `${name} ${size} ${base64url(Buffer.from(hash!, 'base64'))}`
}

interface Batch {
  readonly first: number
  readonly count: number
  readonly word: string
  readonly action?: string | undefined
}

/** Commits records, and behind them a heartbeat with that word. */
async function commit(ledger: Ledger, { action, count, first, word }: Batch): Promise<number> {
  const spans = Array.from({ length: count }, (_, at) =>
    spanOf({ seq: first + at, attributes: person('ada') }),
  )
  const heartbeat = spanOf({
    seq: first + count,
    action: action ?? 'audit.stream.heartbeat',
    attributes: [[ATTR.AUDIT_STREAM_CHECKPOINT, word]],
  })
  await ledger.commit(producer.batch([...spans, heartbeat]))
  await ledger.settle()
  return first + count + 1
}

const enrol = (ledger: Ledger, change: Partial<Enrolment> = {}): Promise<unknown> => {
  const content = encodeEnrolment({ ...producer.enrolment, ...change })
  return ledger.commitContent({ type: 'key', id: producer.kid, content })
}

/** A ledger of a thousand entries, in which each commit has a word about those before. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-words-'))
  const folders = foldersUnder(join(root, 'data'))
  ;({ logKey } = await createLedger(folders, origin))
  const ledger = await openLedger(folders)
  await enrol(ledger)
  await ledger.settle()
  let next = 0
  for (const count of [3, 250, 1, 600, 0, 120, 7]) {
    if (count === 120) victim = ledger.checkpoint.size + 5
    next = await commit(ledger, { first: next, count, word: wordOf(ledger) })
  }
  await ledger.close()
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** A copy of it, changed. */
async function changed(change: (data: string) => Promise<unknown>): Promise<AuditReport> {
  const data = join(root, 'copy')
  await rm(data, { recursive: true, force: true })
  await cp(join(root, 'data'), data, { recursive: true })
  await change(data)
  return audit({ folders: foldersUnder(data), logKey })
}

/** With one more heartbeat behind it. */
const withWord = (
  word: (ledger: Ledger) => string,
  more: { readonly action?: string; readonly after?: Partial<Enrolment> } = {},
): Promise<AuditReport> =>
  changed(async (data) => {
    const ledger = await openLedger(foldersUnder(data))
    await commit(ledger, { first: 988, count: 2, word: word(ledger), action: more.action })
    if (more.after) await enrol(ledger, more.after)
    await ledger.close()
  })

const nothing = base64url(new Uint8Array(32))
const said = ({ findings, words }: AuditReport): unknown => [
  findings.map(({ code, index }) => [code, index]),
  words,
]

test('words that are true are counted, and that is all', async () => {
  const report = await changed(() => Promise.resolve())
  expect(report.size).toBeGreaterThan(900)
  expect(said(report)).toEqual([
    [],
    { told: 7, keys: 1, widest: expect.any(Number), accusations: 0 },
  ])
  expect(report.words.widest).toBeGreaterThan(900)
})

test('a history without one record contradicts them, though nobody brings another', async () => {
  const report = await changed((data) =>
    rewrittenWithout(data, { index: victim, frame: 0 } as never),
  )
  // All that follows the record that was taken out.
  const codes = report.findings.map(({ code }) => code)
  expect(new Set(codes)).toEqual(new Set(['CHECKPOINT_CONTRADICTED']))
  expect(report).toMatchObject({ gaps: 1, anchors: 0 })
  expect(report.findings[0]!.detail).toContain(producer.kid)
})

test.each<[string, (ledger: Ledger) => string, boolean]>([
  ['true', wordOf, true],
  ['of another root', () => `${origin} 300 ${nothing}`, false],
  ['of more than there was', () => `${origin} 5000 ${nothing}`, false],
  ['of another log', () => `other.example/log 300 ${nothing}`, true],
  ['that is none', () => `${origin} x ${nothing}`, true],
])('a word %s', async (_, word, isSound) => {
  const report = await withWord(word)
  const expected = isSound ? [] : [['CHECKPOINT_CONTRADICTED', report.size - 2]]
  expect(said(report)).toMatchObject([expected, { accusations: 0 }])
})

test('of a key that was compromised by then a word counts nothing', async () => {
  const lie = (): string => `${origin} 300 ${nothing}`
  const declared = { revoked: 'key_compromise', since: 1 } as const
  expect(said(await withWord(lie, { after: declared }))).toMatchObject([[], {}])
  expect((await withWord(lie, { after: declared })).compromised).toMatchObject([
    { since: 1, withdrawn: false },
  ])
  const later = { ...declared, since: Math.floor(Date.now() / 1000) + 1000 }
  const report = await withWord(lie, { after: later })
  expect(report.findings.map(({ code }) => code)).toEqual(['CHECKPOINT_CONTRADICTED'])
})

test('records that accuse the log are counted', async () => {
  const report = await withWord(wordOf, { action: 'audit.ledger.fork' })
  expect(said(report)).toMatchObject([[], { told: 8, accusations: 1 }])
})
