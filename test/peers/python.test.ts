// Guarantee: the Python verifier knows every type of leaf, and finds what only the log as a whole
// shows: a silence that was never there.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { execFile } from 'node:child_process'
import { afterEach, beforeEach, expect } from '@jest/globals'
import {
  createLedger,
  encodeEnrolment,
  type Folders,
  foldersUnder,
  type Ledger,
  openLedger,
  openReader,
} from '@grantlog/ledger'
import { logToCommit } from '@grantlog/ledger/testing'
import { silentMinutesMax } from '../../packages/ledger/src/limits.ts'
import { spanOf, testProducer, type TestProducer } from '../../packages/ledger/test/producer.ts'
import { peerTest } from './peer-test.ts'
import { findPeer } from './peers.ts'

const run = promisify(execFile)
const verifyPy = join(import.meta.dirname, '../vectors/verify.py')
const vector = join(import.meta.dirname, '../vectors/v1/validation.json')

let root: string
let folders: Folders
let logKey: string
let producer: TestProducer
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'grantlog-python-'))
  folders = foldersUnder(root)
  logKey = (await createLedger(folders, 'python.example/log')).logKey
  producer = testProducer()
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

async function silence(ledger: Ledger): Promise<void> {
  for (let minute = 0; minute < silentMinutesMax; minute++) await ledger.minute()
}

/** One leaf of each type at least, and streams that fall silent, go on, and stop. */
async function filled(): Promise<Ledger> {
  const ledger = await openLedger(folders)
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  const batch = (from: number, action?: string) =>
    producer.batch([spanOf({ seq: from, ...(action === undefined ? {} : { action }) })])
  await ledger.commit(batch(0, 'audit.stream.start'))
  await ledger.commit(batch(1))
  await silence(ledger)
  await ledger.commit(batch(2, 'audit.stream.heartbeat'))
  await silence(ledger)
  const { content: validation } = JSON.parse(readFileSync(vector, 'utf8')) as { content: string }
  const note = (type: 'refusals' | 'validation', text: string): Promise<unknown> =>
    ledger.commitContent({ type, id: randomUUID(), content: Buffer.from(text) })
  await note('refusals', '{}')
  await note('validation', validation)
  await ledger.commitLogs([logToCommit(1), logToCommit(2, 'bob')])
  await ledger.commit(batch(3, 'audit.stream.stop'))
  return ledger
}

async function verified(): Promise<{ readonly stdout: string; readonly code: number }> {
  const args = [verifyPy, 'ledger', folders.ledger, '--key', logKey]
  const { code = 0, stdout } = (await run(findPeer('verify-python').path!, args).catch(
    (error: { stdout: string; code: number }) => error,
  )) as { stdout: string; code?: number }
  return { stdout, code }
}

const summary = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1)!)

peerTest('the Python verifier reads every type of leaf', ['verify-python'], async () => {
  await (await filled()).close()
  const reader = await openReader(folders)
  const types = new Set<string>()
  for await (const { entries } of reader.frames(0)) {
    for (const { leaf } of entries) types.add(leaf.type)
  }
  await reader.close()
  const streams = ['record', 'start', 'heartbeat', 'stop', 'unclosed']
  const all = [...streams, 'key', 'log', 'refusals', 'validation'].toSorted()
  expect([...types].toSorted()).toEqual(all)
  const { code, stdout } = await verified()
  expect({ code, ...(summary(stdout) as object) }).toMatchObject({ code: 0, ok: true, findings: 0 })
})

peerTest('the Python verifier finds a silence that was not', ['verify-python'], async () => {
  const ledger = await openLedger(folders)
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  await ledger.commit(producer.batch([spanOf({ seq: 0 }), spanOf({ seq: 1 })]))
  const { streams } = ledger
  const get = streams.get.bind(streams)
  streams.get = (kid, instance) => ({ ...get(kid, instance)!, highestSeq: 0 })
  await silence(ledger)
  await ledger.close()
  const { code, stdout } = await verified()
  expect({ code, ...(summary(stdout) as object) }).toMatchObject({
    code: 1,
    ok: false,
    findings: 1,
  })
})
