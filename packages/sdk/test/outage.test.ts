// Scenario: the receiver is away, busy or lying while the service works on, and then comes back.
// Guarantee: every record arrives, in the bytes that were signed first, and none is given up before
// its receipt; what a lying endpoint got is sent again.
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { runGrants } from './fixtures/client.ts'
import { newProducer } from './fixtures/credentials.ts'
import { expectedGrants } from './fixtures/expected.ts'
import { type Answer, startSink } from './fixtures/sink.ts'

/** Its records, with the start and the stop of its stream. */
const all = expectedGrants.length + 2

/** Until it holds; about 20 s at most. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1000) throw new Error('it never came')
    await wait(20)
  }
}

test.each<[string, Answer]>([
  ['busy', { status: 503, headers: { 'retry-after': '1' } }],
  ['without receipts', { status: 200 }],
  ['gone', { status: 502 }],
])(
  'a receiver that is %s at first gets everything later, the first batch unchanged',
  async (_, answer) => {
    const producer = newProducer()
    const sink = await startSink({
      ...producer,
      behave: (request) => (request < 2 ? answer : null),
    })
    await withService({ credentials: producer.write(sink) }, async ({ issuer }) => {
      await runGrants(issuer)
      await until(() => sink.records().length >= all - 1)
    }).finally(() => void sink.close())
    expect(sink.faults).toEqual([])
    // With what has piled up meanwhile behind it.
    const first = sink.bodies[0] as Uint8Array
    expect(sink.bodies[1]?.subarray(0, first.length)).toEqual(first)
    expect(sink.bodies[2]?.subarray(0, first.length)).toEqual(first)
    expect(sink.records().map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: all }, (_unused, i) => i),
    )
  },
)

test('one refusal, which anybody can say, costs no record', async () => {
  const producer = newProducer()
  const sink = await startSink({
    ...producer,
    behave: (request) => (request === 0 ? { status: 404 } : null),
  })
  await withService({ credentials: producer.write(sink) }, async ({ issuer }) => {
    await until(() => sink.bodies.length >= 1)
    await runGrants(issuer)
  }).finally(() => void sink.close())
  expect(sink.records()).toHaveLength(all)
})

test('a log that went back is recorded once, not with each answer', async () => {
  const producer = newProducer()
  const sink = await startSink({ ...producer, placeAt: (request) => (request === 0 ? 100 : 0) })
  const { stderr } = await withService(
    { credentials: producer.write(sink) },
    async ({ issuer }) => {
      await until(() => sink.records().length >= 1)
      await runGrants(issuer)
      await until(() => sink.records().length >= all)
    },
  ).finally(() => void sink.close())
  expect(stderr).toContain('LEDGER_FORK')
  const forks = sink.records().filter(({ span }) => span.name === 'audit.ledger.fork')
  expect(forks).toHaveLength(1)
  // And the fork.
  expect(sink.records()).toHaveLength(all + 1)
})

test('a checkpoint that cannot be checked accuses nobody and replaces nothing', async () => {
  const producer = newProducer()
  // This sink has no consistency proofs to give.
  const sink = await startSink(producer)
  const { stderr } = await withService(
    { credentials: producer.write(sink) },
    async ({ issuer }) => {
      await until(() => sink.records().length >= 1)
      await runGrants(issuer)
    },
  ).finally(() => void sink.close())
  expect(stderr).not.toContain('LEDGER_FORK')
  const checkpoint = sink.records().at(-1)?.attributes.get('audit.stream.checkpoint')
  expect(checkpoint).toMatch(/^test\.example\/log 1 [\w-]{43}$/)
})
