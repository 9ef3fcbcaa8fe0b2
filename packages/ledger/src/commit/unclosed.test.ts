// A stream that falls silent is noted once, with what the log has of it; what is noted untruly is
// found.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { spanOf, testProducer, type TestProducer } from '../../test/producer.ts'
import { audit } from '../audit/audit.ts'
import { type Folders, foldersUnder } from '../folders.ts'
import { encodeEnrolment } from '../format/enrolment.ts'
import type { UnclosedLeaf } from '../format/leaf.ts'
import type { Ledger } from '../ledger.ts'
import { silentMinutesMax } from '../limits.ts'
import { createLedger, openLedger } from '../open.ts'

let data: string
let folders: Folders
let logKey: string
let producer: TestProducer

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-unclosed-'))
  folders = foldersUnder(data)
  producer = testProducer()
  logKey = (await createLedger(folders, 'unclosed.example/log')).logKey
})
afterEach(() => rm(data, { recursive: true, force: true }))

async function open(): Promise<Ledger> {
  return openLedger(folders)
}

async function begin(ledger: Ledger): Promise<void> {
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  await ledger.commit(batch(0, 1, 2))
}

const batch = (...numbers: number[]) => producer.batch(numbers.map((seq) => spanOf({ seq })))

/** Streams noted within so many minutes. */
async function minutes(ledger: Ledger, count: number): Promise<number> {
  let noted = 0
  for (let i = 0; i < count; i++) noted += (await ledger.minute()).length
  return noted
}

async function leaves(ledger: Ledger): Promise<UnclosedLeaf[]> {
  const found: UnclosedLeaf[] = []
  for await (const { entries } of ledger.frames(0)) {
    found.push(...entries.flatMap(({ leaf }) => (leaf.type === 'unclosed' ? [leaf] : [])))
  }
  return found
}

test('it is noted after the minutes, not before, and once for each silence', async () => {
  const ledger = await open()
  await begin(ledger)
  expect(await minutes(ledger, silentMinutesMax - 1)).toBe(0)
  expect(await minutes(ledger, 1)).toBe(1)
  expect(await minutes(ledger, 2 * silentMinutesMax)).toBe(0)
  await ledger.commit(batch(3))
  expect(await minutes(ledger, silentMinutesMax)).toBe(1)
  expect((await leaves(ledger)).map(({ lastSeq }) => lastSeq)).toEqual([2, 3])
  await ledger.close()
  expect((await audit({ folders, logKey })).findings).toEqual([])
})

test('a restart does not note it again, nor forget one that is still to be noted', async () => {
  const first = await open()
  await begin(first)
  await minutes(first, silentMinutesMax)
  const other = testProducer()
  await first.commit(other.batch([spanOf({ seq: 0 })]))
  await first.close()
  const second = await open()
  expect(await minutes(second, silentMinutesMax - 1)).toBe(0)
  expect(await minutes(second, silentMinutesMax)).toBe(1)
  expect((await leaves(second)).map(({ kid }) => kid)).toEqual([producer.kid, other.kid])
  await second.close()
})

test('what comes in the same moment keeps a stream from being noted', async () => {
  const ledger = await open()
  await begin(ledger)
  await minutes(ledger, silentMinutesMax - 1)
  const [, noted] = await Promise.all([ledger.commit(batch(3)), ledger.minute()])
  const [leaf] = await leaves(ledger)
  if (noted.length > 0) expect(leaf!.lastSeq).toBe(2)
  await ledger.close()
  expect((await audit({ folders, logKey })).findings).toEqual([])
})

test('a leaf that says another number than the log has is found', async () => {
  const ledger = await open()
  await begin(ledger)
  const { streams } = ledger
  const get = streams.get.bind(streams)
  streams.get = (kid, instance) => ({ ...get(kid, instance)!, highestSeq: 1 })
  await minutes(ledger, silentMinutesMax)
  await ledger.close()
  const { findings } = await audit({ folders, logKey })
  expect(findings.map(({ code }) => code)).toEqual(['SILENCE_UNTRUE'])
})

test('a stream that stopped is never noted', async () => {
  const ledger = await open()
  await begin(ledger)
  await ledger.commit(producer.batch([spanOf({ seq: 3, action: 'audit.stream.stop' })]))
  expect(await minutes(ledger, 3 * silentMinutesMax)).toBe(0)
  await ledger.close()
})
