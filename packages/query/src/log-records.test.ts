// Log records are found and read like records, and nothing is derived from them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createLedger, type Folders, foldersUnder, openLedger } from '@grantlog/ledger'
import { logToCommit, observed } from '@grantlog/ledger/testing'
import type { Fields } from '@grantlog/record/testing'
import { recordJson, withoutPersonal } from './export/json.ts'
import { candidatesOf } from './lineage/candidates.ts'
import { parseQuery } from './language/parse.ts'
import { openReading, type Reading } from './reading.ts'
import type { LedgerRecord } from './records.ts'
import { prepare } from './search/matcher.ts'
import { findPage } from './search/find.ts'

let data: string
let folders: Folders

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-log-records-'))
  folders = foldersUnder(data)
  await createLedger(folders, 'logs.example/log')
})
afterEach(() => rm(data, { recursive: true, force: true }))

const change = (attributes: Fields['attributes'], id: string): Fields => ({
  attributes: { 'audit.record.id': id, ...attributes },
})
const idOf = (n: number) => `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`

async function reading(): Promise<Reading> {
  const opened = await openReading({ folders, indexFolder: null })
  await opened.refresh()
  return opened
}

async function found({ index, records }: Reading, text: string): Promise<LedgerRecord[]> {
  const query = prepare(parseQuery(text), index, 0)
  const { rows } = await findPage(index, query, { limit: 10, order: 'oldest', behind: null })
  const all = await Promise.all(rows.map((row) => records.record(index.place(row))))
  return all.filter((record) => record !== null)
}

test('they are found by what they say, and read with who brought them', async () => {
  const ledger = await openLedger(folders)
  const login = change({ 'audit.outcome': 'denied', 'user.roles': ['admin', 'clerk'] }, idOf(2))
  await ledger.commitLogs([
    logToCommit(1),
    logToCommit(2, 'bob', { ...login, event: 'user.login', body: { why: ['late', 1.5] } }),
  ])
  await ledger.close()
  const opened = await reading()
  const indexes = async (text: string) => (await found(opened, text)).map(({ index }) => index)
  expect(await indexes('action:document.delete')).toEqual([0])
  expect(await indexes('action:user.login outcome:denied')).toEqual([1])
  expect(await indexes('service:billing')).toEqual([0, 1])
  expect(await indexes('user:alice')).toEqual([0])
  expect(await indexes('trace:5b8aa5a2d2c872e8321cf37308d69df2')).toEqual([0, 1])
  expect(await indexes(`id:${idOf(2)}`)).toEqual([1])
  expect(await indexes('userrole:clerk')).toEqual([1])
  const [first, second] = await found(opened, 'service:billing')
  expect(first!.observed).toEqual(observed)
  expect(recordJson(first!)).toMatchObject({
    ...{ index: 0, id: idOf(1), kid: '', name: 'document.deleted', observed },
    attributes: {
      'audit.producer.service': 'billing',
      'document.number': '9007199254740993',
      'document.tags': '["a","b"]',
      body: 'alice deleted invoice 17',
    },
  })
  expect(second!.attributes.get('body')).toBe('{"why":["late",1.5]}')
  const shown = JSON.stringify(recordJson(withoutPersonal(first!)))
  for (const personal of ['alice deleted', '203.0.113.7', '9007199254740993']) {
    expect(shown).not.toContain(personal)
  }
  await opened.close()
})

test('they begin and end no life of a token or session, and are part of no descent', async () => {
  const ledger = await openLedger(folders)
  const forged = {
    'audit.action': 'oauth.token',
    'oauth.token.hash': 't1.x4Jq7Rn2Ew9sVb1Yd6TuKg',
    'session.id': 'p1.Zk3vQ0c8N1bqYw5uXJt2eg',
    'oauth.scope.granted': 'admin',
  }
  await ledger.commitLogs([logToCommit(1, 'alice', change(forged, idOf(1)))])
  await ledger.close()
  const opened = await reading()
  expect(await found(opened, 'action:oauth.token')).toHaveLength(1)
  for (const text of ['token:t1.x4Jq7Rn2Ew9sVb1Yd6TuKg', 'granted:admin']) {
    expect(await found(opened, text)).toEqual([])
  }
  expect(await candidatesOf(opened, idOf(1))).toEqual({ records: [], isCut: false })
  await opened.close()
})
