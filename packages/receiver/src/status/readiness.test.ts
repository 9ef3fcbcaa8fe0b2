// Guarantee: /readyz says 503 and why, when records are not taken; whoever else is ill does not
// make us so.
import { expect, test } from '@jest/globals'
import { LedgerError } from '@grantlog/ledger'
import { eventually, rawRequest, startHarness } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'

const producer = createProducer()

async function readiness(adminPort: number) {
  const { body, status } = await rawRequest(adminPort, { path: '/readyz' })
  const { notReady, ready } = JSON.parse(body.toString()) as {
    ready: boolean
    notReady: { code: string; fix: string }[]
  }
  return { status, ready, why: notReady.map(({ code }) => code) }
}

const well = { status: 200, ready: true, why: [] }

test('a poisoned journal: nothing more is taken, and the port says so', async () => {
  const poisoned = new LedgerError('LEDGER_POISONED', 'a sync failed')
  await using harness = await startHarness({
    producers: [producer],
    override: () => ({ commit: () => Promise.reject(poisoned) }),
  })
  expect(await readiness(harness.receiver.adminPort)).toEqual(well)
  await harness.send(signedBody(producer, recordSpans(1)))
  const told = await readiness(harness.receiver.adminPort)
  expect(told).toEqual({ status: 503, ready: false, why: ['LEDGER_FAILED'] })
  const { body, status } = await rawRequest(harness.receiver.adminPort, { path: '/healthz' })
  expect([status, body.toString()]).toEqual([200, 'ok\n'])
})

test('a full disk: not ready until there is room', async () => {
  const disk = { isFull: false }
  await using harness = await startHarness({
    override: () => ({
      get isFull() {
        return disk.isFull
      },
    }),
  })
  const { adminPort } = harness.receiver
  expect(await readiness(adminPort)).toEqual(well)
  disk.isFull = true
  expect(await readiness(adminPort)).toEqual({ status: 503, ready: false, why: ['DISK_FULL'] })
  disk.isFull = false
  expect(await readiness(adminPort)).toEqual(well)
})

test('a sink that is away, strangers and nonsense change nothing', async () => {
  await using harness = await startHarness({
    producers: [producer],
    sinks: [{ name: 'away', url: 'http://127.0.0.1:9/v1/traces' }],
  })
  await harness.send(signedBody(producer, recordSpans(1)))
  await harness.send(signedBody(createProducer(), recordSpans(1)))
  await harness.send(new Uint8Array([255]))
  await eventually(() => harness.receiver.status().sinks[0]!.retries > 0)
  expect(await readiness(harness.receiver.adminPort)).toEqual(well)
})
