// Guarantee: no acknowledgement before the commit, none after a failed one, and one call of onFatal
// when the process must not go on.
import { expect, test } from '@jest/globals'
import { LedgerError, type LedgerErrorCode } from '@grantlog/ledger'
import { concat } from '@grantlog/record'
import { enrol, startHarness } from '../test/harness.ts'
import { createProducer, plainBody, recordSpan, recordSpans, signedBody } from '../test/producer.ts'

const producer = createProducer()

test('the answer waits until the commit is durable', async () => {
  const order: string[] = []
  const reached = Promise.withResolvers<void>()
  const durable = Promise.withResolvers<void>()
  await using harness = await startHarness({
    producers: [producer],
    override: (ledger) => ({
      async commit(batch) {
        reached.resolve()
        await durable.promise
        order.push('durable')
        return ledger.commit(batch)
      },
    }),
  })
  const answer = harness.send(signedBody(producer, recordSpans(2))).then((result) => {
    order.push('answered')
    return result
  })
  await reached.promise
  // Another request is answered meanwhile: this one is held by its own commit alone.
  expect((await harness.send(plainBody())).status).toBe(200)
  expect(order).toEqual([])
  durable.resolve()
  expect((await answer).receipts).toHaveLength(1)
  expect(order).toEqual(['durable', 'answered'])
})

test.each<[LedgerErrorCode, number]>([
  ['LEDGER_FULL', 0],
  ['LEDGER_POISONED', 1],
  ['LEDGER_FENCED', 1],
])('%s is answered 503 and never acknowledged; told as fatal %i times', async (code, times) => {
  const fatal: unknown[] = []
  await using harness = await startHarness({
    producers: [producer],
    onFatal: (error) => fatal.push(error),
    override: () => ({ commit: () => Promise.reject(new LedgerError(code, 'no')) }),
  })
  for (const _ of [1, 2]) {
    const answer = await harness.send(signedBody(producer, recordSpans(2)))
    expect(answer).toMatchObject({ status: 503, receipts: [] })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('grantlog-checkpoint')).toBeNull()
    expect(answer.message).toMatch(/^RECEIVER_COMMIT_FAILED/)
  }
  expect(fatal).toHaveLength(times)
  expect(harness.receiver.status()).toMatchObject({ ready: times === 0, committed: 0, received: 0 })
})

test('when one batch fails, nothing is acknowledged; the next try gets all', async () => {
  let failures = 1
  const other = createProducer()
  await using harness = await startHarness({
    producers: [producer, other],
    override: (ledger) => ({
      async commit(batch) {
        if (batch.kid === other.kid && failures-- > 0) throw new LedgerError('LEDGER_FULL', 'no')
        return ledger.commit(batch)
      },
    }),
  })
  const body = concat(signedBody(producer, [recordSpan(0)]), signedBody(other, [recordSpan(0)]))
  expect(await harness.send(body)).toMatchObject({ status: 503, receipts: [] })
  const again = await harness.send(body)
  expect(again).toMatchObject({ status: 200, rejected: 0 })
  expect(again.receipts).toHaveLength(2)
})

test('a batch that no ledger could store is refused, and is no failure of the disk', async () => {
  await using harness = await startHarness({
    producers: [producer],
    override: () => ({
      commit: () => Promise.reject(new LedgerError('LEDGER_LIMIT', 'commit too large')),
    }),
  })
  const answer = await harness.send(signedBody(producer, [recordSpan(0)]))
  expect(answer).toMatchObject({ status: 413, receipts: [] })
  expect(answer.message).toMatch(/^RECEIVER_UNSTORABLE: /)
  expect(harness.events.map(({ code }) => code)).not.toContain('COMMIT_FAILED')
})

test('an enrolment that could not be committed is not in force, and is tried again', async () => {
  let failures = 1
  const late = createProducer()
  await using harness = await startHarness({
    producers: [],
    override: (ledger) => ({
      async commitContent(content) {
        if (content.type === 'key' && failures-- > 0) throw new LedgerError('LEDGER_FULL', 'no')
        return ledger.commitContent(content)
      },
    }),
  })
  await enrol(harness.folders, [late])
  const body = signedBody(late, [recordSpan(0)])
  expect((await harness.send(body)).message).toMatch(/^RECEIVER_KEY_UNKNOWN: .* UNKNOWN_KEY: /)
  expect(await harness.send(body)).toMatchObject({ status: 200, rejected: 0 })
})
