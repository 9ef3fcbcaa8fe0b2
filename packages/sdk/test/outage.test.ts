// Scenario: the receiver is away, busy or lying while the service works on, and then comes back.
// Guarantee: every record arrives, in the bytes that were signed first, and none is given up before
// its receipt; what a lying endpoint got is sent again.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { startService } from './fixtures/child.ts'
import { runLife } from './fixtures/client.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Answer, startSink } from './fixtures/sink.ts'

test.each<[string, Answer]>([
  ['busy', { status: 503, headers: { 'retry-after': '1' } }],
  ['without receipts', { status: 200 }],
  ['gone', { status: 502 }],
])('a receiver that is %s at first gets everything later, the first batch unchanged', async (_, answer) => {
  const producer = newProducer()
  const sink = await startSink({ ...producer, behave: (request) => (request < 2 ? answer : null) })
  const service = await startService({ credentials: producer.write(sink) })
  await runLife(service.issuer)
  while (sink.records().length < 18) await wait(20)
  await service.end()
  await sink.close()
  expect(sink.faults).toEqual([])
  expect(sink.bodies[1]).toEqual(sink.bodies[0])
  expect(sink.bodies[2]).toEqual(sink.bodies[0])
  expect(sink.records().map(({ sequence }) => sequence)).toEqual(Array.from({ length: 19 }, (_unused, i) => i))
})

test('a log that shows two histories is reported, and the record says so', async () => {
  const producer = newProducer()
  // This sink's checkpoints are of no real tree, so the second cannot be proven to extend the first;
  // it has no proofs either, which proves nothing: the first stays, and nobody is accused.
  const sink = await startSink(producer)
  const service = await startService({ credentials: producer.write(sink) })
  while (sink.records().length < 1) await wait(20)
  await runLife(service.issuer)
  const { stderr } = await service.end()
  await sink.close()
  expect(stderr).not.toContain('LEDGER_FORK')
  const checkpoint = sink.records().at(-1)?.attributes.get('audit.stream.checkpoint')
  expect(checkpoint).toMatch(/^test\.example\/log 1 [\w-]{43}$/)
})
