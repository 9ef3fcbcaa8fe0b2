// Guarantee: the page tells a log record as what it is, observed, with who brought it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  checkLogBundle,
  createLedger,
  foldersUnder,
  type LogBundle,
  openLedger,
} from '@grantlog/ledger'
import { logToCommit, observed } from '@grantlog/ledger/testing'
import { openReading, type Reading } from '@grantlog/query'
import { anyBundleSchema, recordSchema } from '../api/records.ts'
import { recordBundle, recordDetail } from './one-record.ts'

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

test('its bundle is that of a log record, and discloses what is asked for', async () => {
  const withheld = anyBundleSchema.parse(await recordBundle(reading, 0, 'none'))
  expect(withheld).toMatchObject({ format: 'grantlog-log-bundle-v1', index: 0, openings: {} })
  const open = (await recordBundle(reading, 0, 'all')) as LogBundle
  expect(checkLogBundle(open)).toMatchObject({ index: 0, origin: 'logs.example/log' })
  expect(open.openings.user).toContain('alice')
})
