// Guarantee: no tenant has more than its share, each limit at the limit and beyond it; what no
// enrolled key signed uses none of a tenant's share; who is refused comes again later.
import { expect, test } from '@jest/globals'
import { newTenant, startHarness } from '../../test/harness.ts'
import {
  createProducer,
  encodeSpans,
  type Producer,
  recordSpans,
  signedBody,
  signSpans,
} from '../../test/producer.ts'
import type { TenantLimits } from '../tenant-limits.ts'
import { createShare } from './share.ts'

const a = createProducer()
const b = createProducer()

/** A share whose clock stands at `at.ms`. */
function shareOf(change: Partial<TenantLimits>): {
  share: ReturnType<typeof createShare>
  at: { ms: number; isFull: boolean }
} {
  const at = { ms: 0, isFull: false }
  const share = createShare({
    limits: {
      requestsPerSecond: Infinity,
      recordsPerSecond: Infinity,
      inFlightBytes: Infinity,
      ...change,
    },
    disk: {
      get isFull() {
        return at.isFull
      },
      add: () => undefined,
    },
    uptimeMs: () => at.ms,
  })
  return { share, at }
}

const judged = (records: number): Parameters<ReturnType<typeof createShare>['count']>[0] => ({
  batches: [{ records: Array.from({ length: records }) }],
  refusals: [],
  repeats: 0,
})

const busy = expect.objectContaining({ code: 'RECEIVER_TENANT_BUSY' })

test('requests: as many in a second as the limit, and one more later', () => {
  const { at, share } = shareOf({ requestsPerSecond: 3 })
  const one = (): void => {
    share.enter(1)()
    share.count(judged(1), 1)
  }
  for (let i = 0; i < 3; i++) one()
  expect(one).toThrow(busy)
  at.ms = 333
  expect(one).toThrow(busy)
  at.ms = 334
  one()
  expect(one).toThrow(busy)
  expect(share.refused).toEqual({ inFlight: 0, rate: 3, disk: 0 })
  // However long it was silent, it has no more than a second's worth.
  at.ms = 1e9
  for (let i = 0; i < 3; i++) one()
  expect(one).toThrow(busy)
})

test('records: a larger request is let in, and waited for', () => {
  const { at, share } = shareOf({ recordsPerSecond: 10 })
  share.enter(1)()
  share.count(judged(9), 1)
  share.enter(1)()
  share.count(judged(41), 1)
  let error: unknown
  try {
    share.enter(1)
  } catch (thrown) {
    error = thrown
  }
  // 40 in debt, and one that is asked for.
  expect(error).toMatchObject({ code: 'RECEIVER_TENANT_BUSY', retryAfterS: 5 })
  at.ms = 4_099
  expect(() => share.enter(1)).toThrow(busy)
  at.ms = 4_100
  share.enter(1)()
})

test('bytes in flight: up to the limit; a single request is let in whatever its size', () => {
  const { share } = shareOf({ inFlightBytes: 100 })
  share.enter(101)()
  const leave = share.enter(60)
  const other = share.enter(40)
  expect(() => share.enter(1)).toThrow(busy)
  other()
  expect(() => share.enter(41)).toThrow(busy)
  share.enter(40)()
  leave()
  expect(share.inFlightBytes).toBe(0)
  expect(share.refused.inFlight).toBe(2)
})

test('a full quota refuses, until there is room', () => {
  const { at, share } = shareOf({})
  at.isFull = true
  expect(() => share.enter(1)).toThrow(expect.objectContaining({ code: 'RECEIVER_TENANT_FULL' }))
  at.isFull = false
  share.enter(1)()
})

/** Signed by somebody else in this producer's name. */
function forged(claimed: Producer, seq: number): Uint8Array {
  const spans = recordSpans(1, seq)
  return encodeSpans(spans, signSpans({ ...createProducer(), kid: claimed.kid }, spans))
}

test('forgeries use nothing of the share of the tenant whose key they claim', async () => {
  await using tenantA = await newTenant('a', {
    producers: [a],
    limits: { requestsPerSecond: 2, recordsPerSecond: 2, inFlightBytes: 1 },
  })
  await using harness = await startHarness({ tenants: [tenantA.served], uptimeMs: () => 0 })
  for (let i = 0; i < 20; i++) {
    expect(await harness.send(forged(a, i))).toMatchObject({ status: 200, rejected: 1 })
  }
  for (const seq of [0, 1]) {
    expect(await harness.send(signedBody(a, recordSpans(1, seq)))).toMatchObject({ status: 200 })
  }
  const third = await harness.send(signedBody(a, recordSpans(1, 2)))
  expect(third).toMatchObject({ status: 429 })
  expect(third.headers.get('retry-after')).toBe('1')
  expect(third.message).toMatch(/^RECEIVER_TENANT_BUSY/)
})

test('nor does it while they wait for their turn to be verified', async () => {
  await using tenantA = await newTenant('a', { producers: [a], limits: { inFlightBytes: 1 } })
  await using harness = await startHarness({ tenants: [tenantA.served] })
  const many = Buffer.concat(Array.from({ length: 100 }, (_, seq) => forged(a, seq)))
  const flood = Array.from({ length: 40 }, () => harness.send(many))
  for (let seq = 0; seq < 20; seq++) {
    expect(await harness.send(signedBody(a, recordSpans(1, seq)))).toMatchObject({ status: 200 })
  }
  await Promise.all(flood)
})

test("a tenant at its limits is told so, while all of another's requests are taken", async () => {
  const limits = { requestsPerSecond: 5, recordsPerSecond: 1_000, inFlightBytes: 4_096 }
  await using tenantA = await newTenant('a', { producers: [a], limits })
  await using tenantB = await newTenant('b', { producers: [b] })
  // The clock stands: nothing of the share comes back during the run.
  const tenants = [tenantA.served, tenantB.served]
  await using harness = await startHarness({ tenants, uptimeMs: () => 0 })
  const flood = Array.from({ length: 60 }, (_, at) => {
    return harness.send(signedBody(a, recordSpans(8, at * 8)))
  })
  const others = Array.from({ length: 30 }, (_, at) => {
    return harness.send(signedBody(b, recordSpans(8, at * 8)))
  })
  const statuses = async (all: typeof flood): Promise<Record<number, number>> => {
    const counts: Record<number, number> = {}
    for (const { status } of await Promise.all(all)) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }
  expect(await statuses(others)).toEqual({ 200: 30 })
  const ofA = await statuses(flood)
  expect(ofA[200]).toBeLessThanOrEqual(5)
  expect((ofA[200] ?? 0) + (ofA[429] ?? 0)).toBe(60)
  const { a: told, b: unlimited } = harness.receiver.status().tenants!
  const { inFlight, rate } = told!.limited
  expect(inFlight + rate).toBe(ofA[429])
  expect(unlimited).toMatchObject({ limited: { inFlight: 0, rate: 0 }, committed: 240 })
})
