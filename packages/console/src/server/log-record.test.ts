// Guarantee: the page tells a log record as what it is, observed, with who brought it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { checkLogBundle, createLedger, foldersUnder, openLedger } from '@grantlog/ledger'
import { logToCommit, observed } from '@grantlog/ledger/testing'
import { openReading, type Reading } from '@grantlog/query'
import { logBundleSchema, recordSchema } from '../api/records.ts'
import { logRecordBundle, recordBundle, recordDetail } from './one-record.ts'

let data: string
let reading: Reading

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-log-record-'))
  const folders = foldersUnder(data)
  await createLedger(folders, 'logs.example/log')
  const ledger = await openLedger(folders)
  await ledger.commitLogs([logToCommit(1)])
  await ledger.close()
  reading = await openReading({ folders, indexFolder: null })
  await reading.refresh()
})
afterEach(async () => {
  await reading.close()
  await rm(data, { recursive: true, force: true })
})

test('with what is personal only when it is asked for', async () => {
  const detail = (personal: boolean) => recordDetail(reading, 0, { personal, traceUrl: '' })
  const hidden = recordSchema.parse(await detail(false))
  expect(hidden).toMatchObject({
    row: { action: 'document.delete', outcome: 'success', service: 'billing', published: true },
    ...{ observed, key: null, stream: { kid: '', instance: '', seq: 0 } },
  })
  expect(JSON.stringify(hidden)).not.toMatch(/invoice|203\.0\.113\.7|"alice"/)
  const shown = JSON.stringify(await detail(true))
  expect(shown).toContain('alice deleted invoice 17')
})

test('its proof is not one of a record', async () => {
  await expect(recordBundle(reading, 0, 'all')).rejects.toMatchObject({
    code: 'CONSOLE_RECORD_UNKNOWN',
  })
})

test('it has one of its own, which opens what is personal only when it is asked for', async () => {
  const { logKey } = reading.reader
  const closed = logBundleSchema.parse(await logRecordBundle(reading, 0, 'none'))
  expect(checkLogBundle(closed, { logKey })).toMatchObject({ index: 0, origin: 'logs.example/log' })
  expect(JSON.stringify(closed)).not.toMatch(/invoice|203\.0\.113\.7|"alice"/)
  const open = logBundleSchema.parse(await logRecordBundle(reading, 0, 'all'))
  expect(checkLogBundle(open, { logKey })).toMatchObject({ index: 0 })
  expect(JSON.stringify(open)).toContain('alice deleted invoice 17')
  await expect(logRecordBundle(reading, 1, 'none')).rejects.toMatchObject({
    code: 'CONSOLE_RECORD_UNKNOWN',
  })
})
