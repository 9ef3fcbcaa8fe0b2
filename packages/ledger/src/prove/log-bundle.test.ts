// A bundle of a log record proves itself, and whatever is changed in it is told.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { foldersUnder } from '../folders.ts'
import { createLedger, openLedger } from '../open.ts'
import { openReader } from '../reader.ts'
import { logToCommit } from '../testing/logs.ts'
import { checkLogBundle, type LogBundle, makeLogBundle } from './log-bundle.ts'

let data: string
let bundle: LogBundle
let open: LogBundle

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-log-bundle-'))
  const folders = foldersUnder(data)
  await createLedger(folders, 'bundle.example/log')
  const ledger = await openLedger(folders)
  const [first, second] = [logToCommit(1), logToCommit(2, 'bob')]
  await ledger.commitLogs([first, second])
  await ledger.close()
  const reader = await openReader(folders)
  bundle = await makeLogBundle(reader, { id: second.id })
  open = await makeLogBundle(reader, { index: 1 }, { disclose: 'all' })
  await reader.close()
})
afterAll(() => rm(data, { recursive: true, force: true }))

test('it holds, withheld and disclosed', () => {
  const expected = { index: 1, size: 3, origin: 'bundle.example/log' }
  expect(checkLogBundle(bundle)).toMatchObject(expected)
  expect(checkLogBundle(open, { logKey: bundle.logKey })).toMatchObject(expected)
  expect(JSON.stringify(bundle)).not.toContain('bob')
  expect(open.openings.user).toContain('bob')
})

test.each<[string, (bundle: LogBundle) => object]>([
  ['what it says', ({ canonical }) => ({ canonical: canonical.replace('success', 'failure') })],
  ['who brought it', ({ observation }) => ({ observation: observation.replace('gate', 'Gate') })],
  ['a slot', ({ openings }) => ({ openings: { user: openings.user!.replace('bob', 'bab') } })],
  ['a slot of another name', ({ openings }) => ({ openings: { actor: openings.user! } })],
  ['its leaf', ({ leaf }) => ({ leaf: leaf.replace('"none"', '"signed"') })],
  ['its place', () => ({ index: 0 })],
  ['its format', () => ({ format: 'grantlog-bundle-v1' })],
  ['a member more', () => ({ more: 1 })],
])('%s changed is told', (_, change) => {
  const changed = { ...open, ...change(open) } as LogBundle
  expect(changed).not.toEqual(open)
  expect(() => checkLogBundle(changed)).toThrow()
})
