// Scenario: every sender, by every protocol and compression that it has. Guarantee: what it sends
// is taken whole and verified, or refused with an answer that says why; CONFORMANCE.md says which.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { eventually, startHarness } from '../../packages/receiver/test/harness.ts'
import { createProducer } from '../../packages/receiver/test/producer.ts'
import { peerTest } from '../peers/peer-test.ts'
import { deliveryTo } from './conformance/delivery.ts'
import { DATA_POINTS, LOG_RECORDS, type Row, type Sender } from './conformance/sender.ts'
import { senders } from './conformance/senders.ts'
import { tableOf } from './conformance/table.ts'

const path = join(import.meta.dirname, 'CONFORMANCE.md')
const codes: Readonly<Record<number, string>> = { 12: 'UNIMPLEMENTED', 415: 'HTTP 415' }

async function runRow(sender: Sender, row: Row): Promise<void> {
  const producer = createProducer()
  await using harness = await startHarness({ producers: [producer], grpc: { port: 0 } })
  const status = () => harness.receiver.status()
  const refused = await sender.send(row, deliveryTo(harness, producer))
  expect(refused === undefined ? 'taken' : `refused: ${codes[refused] ?? refused}`).toBe(
    row.expected,
  )
  if (refused !== undefined) {
    expect(status()).toMatchObject({ received: 0, discarded: 0 })
    return
  }
  const all = sender.signals === 'all'
  const isThere = (): boolean =>
    status().received + status().discarded === 4 &&
    (!all || status().logs.discarded + status().metrics.discarded === LOG_RECORDS + DATA_POINTS)
  await eventually(isThere)
  expect(status()).toMatchObject({
    ...{ committed: 3, duplicates: 0, discarded: 1, chainsBroken: 0 },
    logs: { discarded: all ? LOG_RECORDS : 0 },
    metrics: { discarded: all ? DATA_POINTS : 0 },
  })
}

describe.each(senders.map((sender) => [sender.name, sender] as const))('%s', (name, sender) => {
  for (const row of sender.rows) {
    const title = `${row.protocol}, ${row.compression}: ${row.expected}`
    peerTest(`${name}: ${title}`, sender.needs ?? [], () => runRow(sender, row))
  }
})

test('CONFORMANCE.md is the table of these', async () => {
  const table = tableOf(senders)
  if (process.env.GRANTLOG_EDGE_WRITE !== undefined) await writeFile(path, table)
  expect(await readFile(path, 'utf8').catch(() => '')).toBe(table)
})
