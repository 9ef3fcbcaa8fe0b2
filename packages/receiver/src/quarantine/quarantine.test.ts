// Guarantee: what was refused is kept, encrypted and within its bounds; what was refused only for a
// key is taken once the key is enrolled; senders get the same answers as ever.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { isRecordLeaf } from '@grantlog/ledger'
import { enrol, type Harness, newData, startHarness } from '../../test/harness.ts'
import {
  createProducer,
  encodeSpans,
  recordSpan,
  signedBody,
  signSpans,
} from '../../test/producer.ts'

const producer = createProducer()
const concat = (...bodies: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(bodies))

async function kidsInLog({ ledger }: Harness): Promise<string[]> {
  const kids: string[] = []
  for await (const { entries } of ledger.frames(0)) {
    kids.push(...entries.flatMap(({ leaf }) => (isRecordLeaf(leaf) ? [leaf.kid] : [])))
  }
  return kids
}

async function event({ events }: Harness, code: string): Promise<void> {
  while (!events.some((each) => each.code === code)) await new Promise((go) => setImmediate(go))
}

/** A span that was changed after it was signed. */
function altered(seq: number): Uint8Array {
  const signed = signSpans(producer, [recordSpan(seq)])
  return encodeSpans([recordSpan(seq, { 'audit.outcome': 'failure' })], signed)
}

test('a span of a key that is enrolled later is taken then, once', async () => {
  const late = createProducer()
  const data = await newData()
  const body = concat(signedBody(producer, [recordSpan(0)]), signedBody(late, [recordSpan(0)]))
  await using harness = await startHarness({ producers: [producer], data })
  expect(await harness.send(body)).toMatchObject({ status: 200, rejected: 1 })
  expect(harness.receiver.status().quarantine).toMatchObject({
    entries: 1,
    spans: { UNKNOWN_KEY: 1 },
  })
  expect(await kidsInLog(harness)).toEqual([producer.kid])
  await enrol(harness.folders, [producer, late])
  await harness.send(signedBody(late, [recordSpan(1)]))
  await event(harness, 'QUARANTINE_RELEASED')
  expect((await kidsInLog(harness)).toSorted()).toEqual(
    [producer.kid, late.kid, late.kid].toSorted(),
  )
  expect(harness.receiver.status().quarantine).toMatchObject({ entries: 0, released: 1 })
})

test('it outlives a restart, and nothing of it lies in clear', async () => {
  const data = await newData()
  const first = await startHarness({ producers: [producer], data })
  expect(await first.send(altered(5))).toMatchObject({ status: 200, rejected: 1 })
  await first.close()
  const folder = join(first.folders.queue, 'quarantine')
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name))
    expect([bytes.includes('alice'), bytes.includes('audit.'), bytes.includes('ALTERED')]).toEqual([
      ...[false, false, false],
    ])
  }
  const second = await startHarness({ producers: [producer], data })
  expect(second.receiver.status().quarantine).toMatchObject({ entries: 1, spans: { ALTERED: 1 } })
  await second.close()
})

test('entries, bytes of a sender in a minute and bytes in all are bounded', async () => {
  const size = altered(5).length
  for (const [limit, most] of [
    ['quarantineEntries', 2],
    ['quarantineSenderBytes', 2 * size],
    ['quarantineBytes', 2 * size + 700],
  ] as const) {
    const limits = { [limit]: most, minuteMs: 60_000 }
    const harness = await startHarness({ producers: [producer], limits })
    for (let i = 0; i < 5; i++) await harness.send(altered(5))
    expect([limit, harness.receiver.status().quarantine]).toMatchObject([
      limit,
      { entries: 2, notKept: 3 },
    ])
    expect(harness.receiver.status().refused.ALTERED).toBe(5)
    await harness.close()
  }
})

test('what is too old goes, and what somebody asked to drop', async () => {
  let now = Date.now()
  await using harness = await startHarness({
    producers: [producer],
    limits: { minuteMs: 5 },
    now: () => now,
  })
  await harness.send(altered(5))
  now += 8 * 86_400_000
  await event(harness, 'QUARANTINE_DROPPED')
  expect(harness.receiver.status().quarantine).toMatchObject({ entries: 0, spans: {} })
  harness.events.length = 0
  await harness.send(altered(6))
  await writeFile(join(harness.folders.queue, 'quarantine.drop'), '100\n')
  await event(harness, 'QUARANTINE_DROPPED')
  expect(harness.receiver.status().quarantine.entries).toBe(0)
})
