// Guarantee: what was refused is kept, encrypted and within its bounds; what was refused only for a
// key is taken once the key is enrolled; senders get the same answers as ever.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { isRecordLeaf } from '@grantlog/ledger'
import { enrol, type Harness, newData, startHarness } from '../../test/harness.ts'
import {
  createProducer,
  encodeSpans,
  plainBody,
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

/** A record of a key that nobody enrolled. */
function stranger(seq: number): Uint8Array {
  return signedBody(createProducer(), [recordSpan(seq)])
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

test('a wish to drop that cannot be read is told, and harms nothing', async () => {
  const data = await newData()
  await mkdir(join(data, 'queue', 'quarantine.drop'), { recursive: true })
  await using harness = await startHarness({ producers: [producer], data })
  expect(harness.events).toContainEqual(expect.objectContaining({ code: 'QUARANTINE_NOT_DROPPED' }))
  expect(await harness.send(altered(5))).toMatchObject({ rejected: 1 })
  expect(harness.receiver.status().quarantine).toMatchObject({ entries: 1 })
})

test('a request that comes again lies there once, also over a restart', async () => {
  const data = await newData()
  const mixed = concat(signedBody(producer, [recordSpan(0)]), altered(5))
  const first = await startHarness({ producers: [producer], data })
  for (let times = 0; times < 3; times++) await first.send(mixed)
  expect(first.receiver.status().quarantine).toMatchObject({ entries: 1, spans: { ALTERED: 1 } })
  await first.close()
  await using second = await startHarness({ producers: [producer], data })
  await second.send(mixed)
  await second.send(altered(6))
  const { entries, notKept, spans } = second.receiver.status().quarantine
  expect({ entries, notKept, spans }).toEqual({ entries: 2, notKept: 0, spans: { ALTERED: 2 } })
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
    ['quarantineSenderBytes', 2 * size + 64],
    ['quarantineBytes', 2 * size + 700],
  ] as const) {
    const limits = { [limit]: most, minuteMs: 60_000 }
    const harness = await startHarness({ producers: [producer], limits })
    for (let i = 0; i < 5; i++) await harness.send(altered(5 + i))
    expect([limit, harness.receiver.status().quarantine]).toMatchObject([
      limit,
      { entries: 2, notKept: 3 },
    ])
    expect(harness.receiver.status().refused.ALTERED).toBe(5)
    await harness.close()
  }
})

test('a flood of strangers leaves half of the entries and bytes to known senders', async () => {
  const body = (seq: number): Uint8Array => concat(stranger(seq), plainBody())
  const overhead = 200
  for (const [limit, most] of [
    ['quarantineEntries', 8],
    ['quarantineBytes', 8 * (Math.max(altered(5).length, body(5).length) + overhead)],
  ] as const) {
    const data = await newData()
    const options = { producers: [producer], data, limits: { [limit]: most, minuteMs: 60_000 } }
    const flooded = await startHarness(options)
    for (let i = 0; i < 20; i++) await flooded.send(body(i))
    const strangers = flooded.receiver.status().quarantine
    expect([limit, strangers.entries]).toEqual([limit, 4])
    await flooded.close()
    // What a flood took is known after a restart, too.
    const harness = await startHarness(options)
    await harness.send(body(21))
    for (let i = 0; i < 4; i++) await harness.send(altered(5 + i))
    const { entries, notKept, spans } = harness.receiver.status().quarantine
    expect([limit, { entries, notKept, altered: spans.ALTERED }]).toEqual([
      limit,
      { entries: 8, notKept: 1, altered: 4 },
    ])
    await harness.close()
  }
})

test('a minute that strangers used up is not the minute of who is known', async () => {
  const limits = { quarantineSenderBytes: 3 * altered(5).length, minuteMs: 60_000 }
  await using harness = await startHarness({ producers: [producer], limits })
  for (let i = 0; i < 10; i++) await harness.send(concat(stranger(i), plainBody()))
  const before = harness.receiver.status().quarantine.entries
  await harness.send(concat(stranger(20), altered(5)))
  expect(harness.receiver.status().quarantine.entries).toBe(before + 1)
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
