// Scenario: strangers flood, snapshots rot, keys come late, processes are cloned, receivers are
// killed at random.
// Guarantee: what is kept of refused spans stays within its bounds and harms nobody; the streams'
// accounts come out right, whatever was lost on the way.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { audit, foldersUnder, openLedger, openReader, readPublicKeys } from '@grantlog/ledger'
import { enrol, newData, startHarness } from '../../packages/receiver/test/harness.ts'
import { createProducer, recordSpan, signedBody } from '../../packages/receiver/test/producer.ts'
import { faultTest } from './fault.ts'
import { startReceiverProcess } from './receiver-process.ts'
import { testStream } from './test-stream.ts'

const quota = 512 * 1024

const flood = {
  where: 'receiver',
  fault: 'strangers send 400 requests, an enrolled key 400 that were altered, in one minute',
  expected: 'the quarantine stays within its quota, an honest sender gets each receipt',
} as const

faultTest(flood, async () => {
  const producer = createProducer()
  const broken = createProducer()
  const limits = { quarantineBytes: quota, quarantineSenderBytes: quota / 4, minuteMs: 60_000 }
  const harness = await startHarness({ producers: [producer, broken], limits })
  const stream = testStream(producer)
  const stranger = createProducer()
  let receipts = 0
  for (let i = 0; i < 400; i++) {
    const forged = Buffer.from(signedBody(broken, [recordSpan(i)]))
    forged[forged.length - 40]! ^= 1
    const mixed = Buffer.concat([stream.records(1), signedBody(stranger, [recordSpan(i)])])
    const [answer] = await Promise.all([harness.send(mixed), harness.send(forged)])
    receipts += answer.receipts.length
  }
  const { bytes, entries, notKept } = harness.receiver.status().quarantine
  expect(bytes).toBeLessThanOrEqual(quota)
  expect(entries).toBeGreaterThan(50)
  expect(notKept).toBeGreaterThan(400)
  expect(receipts).toBe(400)
  await harness.close()
  return `${receipts} receipts; ${entries} requests in ${bytes} bytes kept, ${notKept} spans not`
})

const late = {
  where: 'receiver',
  fault: 'a key comes late: its spans, in a request with others, are refused; then a restart',
  expected: 'they are in the log once the key is enrolled, and once only',
} as const

faultTest(late, async () => {
  const [early, later] = [createProducer(), createProducer()]
  const data = await newData()
  const first = await startHarness({ producers: [early], data })
  const stream = testStream(later)
  const body = Buffer.concat([testStream(early).records(2), stream.records(5)])
  expect(await first.send(body)).toMatchObject({ status: 200, rejected: 5 })
  await first.close()
  const second = await startHarness({ producers: [early], data })
  await enrol(second.folders, [early, later])
  await second.send(stream.records(1))
  while (second.receiver.status().quarantine.entries > 0) await delay(5)
  const { released } = second.receiver.status().quarantine
  expect(released).toBe(5)
  const state = second.ledger.streams.get(later.kid, later.instance)
  expect(state).toMatchObject({ records: 6, missing: 0 })
  await second.close()
  return `5 refused, ${released} taken later, ${state!.records} of ${state!.emitted} in the log`
})

const damaged = {
  where: 'ledger',
  fault: 'the snapshot of the streams is damaged, made shorter, or taken away',
  expected: 'the streams are built from the log; what comes twice is sealed once',
} as const

faultTest(damaged, async () => {
  const data = await newData()
  const folders = foldersUnder(data)
  const stream = testStream(createProducer())
  const batches = Array.from({ length: 30 }, () => stream.toCommit(10))
  const first = await openLedger(folders)
  for (const batch of batches) await first.commit(batch)
  await first.close()
  const path = join(folders.index, 'streams.snapshot')
  const whole = await readFile(path)
  const flipped = (at: number): Uint8Array => {
    const bytes = Buffer.from(whole)
    bytes[at]! ^= 4
    return bytes
  }
  let rebuilt = 0
  const places = [0, 25, 60, whole.length - 20].map(flipped)
  for (const bytes of [...places, whole.subarray(0, 70), null]) {
    if (bytes === null) await rm(path)
    else await writeFile(path, bytes)
    const ledger = await openLedger(folders)
    if (ledger.readAtStart === ledger.size) rebuilt++
    const again = (await Promise.all(batches.map((batch) => ledger.commit(batch)))).flat()
    expect(again.every(({ outcome }) => outcome === 'duplicate')).toBe(true)
    await ledger.close()
  }
  const last = await openLedger(folders)
  expect([rebuilt, last.readAtStart, last.streams.totals.records]).toEqual([6, 0, 300])
  await last.close()
  return `${rebuilt} of 6 built anew, 300 records each time, then 0 leaves read with a whole one`
})

const cloned = {
  where: 'application',
  fault: 'a process goes on from a copy of another: same key and instance, another chain',
  expected: 'the break is counted and told, verify finds it, nothing is refused for it',
} as const

faultTest(cloned, async () => {
  const producer = createProducer()
  const harness = await startHarness({ producers: [producer] })
  const original = testStream(producer)
  const copy = testStream(producer)
  await harness.send(original.records(2))
  copy.lose(2)
  const answer = await harness.send(copy.recordsAfter('A'.repeat(43), 1))
  expect(answer).toMatchObject({ status: 200, rejected: 0 })
  const { chainsBroken } = harness.receiver.status()
  expect(chainsBroken).toBe(1)
  await harness.ledger.settle()
  const report = await audit({ folders: harness.folders, logKey: harness.ledger.logKey })
  expect(report.findings.map(({ code }) => code)).toEqual(['CHAIN_BROKEN'])
  await harness.close()
  return `${chainsBroken} break told, ${report.records} records verified, 1 finding`
})

const kills = {
  where: 'both sides',
  fault: 'the receiver is killed 6 times at random, while 3 producers drop and lose numbers',
  expected: 'emitted = sealed + missing for each of them, as the producers know it',
} as const

faultTest(kills, async () => {
  const data = await newData()
  const folders = foldersUnder(data)
  const producers = [createProducer(), createProducer(), createProducer()]
  await enrol(folders, producers)
  let receiver = await startReceiverProcess(data)
  const state = { done: false }
  const senders = producers.map(async (producer, i) => {
    const stream = testStream(producer)
    let missing = 0
    for (let round = 0; !state.done; round++) {
      await untilTaken(() => receiver.endpoint, stream.records(5 + i))
      if (round % 3 !== i) continue
      stream.drop(2)
      stream.lose(1)
      missing += 3
      await untilTaken(() => receiver.endpoint, stream.heartbeat())
    }
    await untilTaken(() => receiver.endpoint, stream.stop())
    return { producer, emitted: stream.next, missing }
  })
  for (let i = 0; i < 6; i++) {
    await delay(40 + ((i * 137) % 300))
    await receiver.kill()
    receiver = await startReceiverProcess(data)
  }
  state.done = true
  const known = await Promise.all(senders)
  expect(await receiver.stop()).toBe(0)
  const reader = await openReader(folders)
  const { streams } = await reader.streams()
  await reader.close()
  let sealed = 0
  for (const { emitted, missing, producer } of known) {
    const found = streams.get(producer.kid, producer.instance)!
    expect(found).toMatchObject({ emitted, missing, closed: true, records: emitted - missing })
    sealed += found.records
  }
  const { logKey } = await readPublicKeys(folders.keys)
  expect((await audit({ folders, logKey })).findings).toEqual([])
  const emitted = known.reduce((sum, each) => sum + each.emitted, 0)
  const missing = known.reduce((sum, each) => sum + each.missing, 0)
  expect(emitted).toBe(sealed + missing)
  return `${emitted} assigned = ${sealed} sealed + ${missing} missing`
})

/** Sends a body again and again until it was answered 200. */
async function untilTaken(endpoint: () => string, body: Uint8Array): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(`${endpoint()}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: Buffer.from(body),
      })
      await response.arrayBuffer()
      if (response.status === 200) return
    } catch {
      // It is being killed.
    }
    await delay(5)
  }
}
