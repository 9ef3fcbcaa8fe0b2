import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { SealedRecord, SignedRecords } from '../event.ts'
import type { Verdict } from './answer.ts'
import { backoffMs, refusalBackoffMs } from './backoff.ts'
import { createQueue } from './queue.ts'
import { createSender, type Outgoing } from './sender.ts'

const record = (sequence: number, bytes = 10): SealedRecord => ({ sequence, bytes }) as SealedRecord

describe('the queue', () => {
  test('refuses the newest when it holds as many as it may', () => {
    const queue = createQueue({ recordsMax: 2, bytesMax: 1000 })
    expect([0, 1, 2].map((n) => queue.push(record(n)))).toEqual([true, true, false])
    queue.release(1)
    expect(queue.push(record(3))).toBe(true)
    expect(queue.records.map(({ sequence }) => sequence)).toEqual([1, 3])
  })

  test('is bounded in bytes, too', () => {
    const queue = createQueue({ recordsMax: 100, bytesMax: 100 })
    expect([60, 40, 1].map((bytes, n) => queue.push(record(n, bytes)))).toEqual([true, true, false])
    queue.release(1)
    expect(queue.push(record(3, 60))).toBe(true)
  })
})

test('the wait doubles up to 30 s, half of it random', () => {
  expect([1, 2, 3].map((failures) => backoffMs(failures, 0))).toEqual([250, 500, 1000])
  expect([1, 2, 3].map((failures) => backoffMs(failures, 1))).toEqual([500, 1000, 2000])
  expect(backoffMs(1000, 1)).toBe(30_000)
  expect([1, 2, 5].map((refusals) => refusalBackoffMs(refusals, 1))).toEqual([
    30_000, 60_000, 480_000,
  ])
})

describe('the sender', () => {
  beforeEach(() => void jest.useFakeTimers())
  afterEach(() => void jest.useRealTimers())

  function setUp(verdicts: (Verdict | Error)[]) {
    const queue = createQueue({ recordsMax: 100, bytesMax: 1e6 })
    const sent: Outgoing[] = []
    const notices: string[] = []
    let refusals = 0
    const sender = createSender({
      next: () => {
        const [first] = queue.records
        if (first === undefined) return null
        const batch: SignedRecords = {
          records: [...queue.records],
          firstSequence: first.sequence,
          jws: '',
          root: '',
          digests: new Uint8Array(),
        }
        return { ...batch, body: Buffer.from(`signed ${sent.length}`) }
      },
      deliver: async (batch) => {
        sent.push(batch)
        const verdict = verdicts.shift() ?? done
        if (verdict instanceof Error) throw verdict
        return verdict
      },
      release: (batch, refused) => {
        refusals += refused
        queue.release(batch.records.length)
      },
      refused: () => undefined,
      waiting: () => queue.records.length,
      batchRecords: 3,
      notify: (code) => void notices.push(code),
      random: () => 0,
    })
    const add = (...sequences: number[]): void => {
      for (const sequence of sequences) {
        queue.push(record(sequence))
        sender.kick()
      }
    }
    return { queue, sender, sent, notices, add, refused: () => refusals }
  }

  const done: Verdict = { kind: 'done', refused: 0, reason: '', lastIndex: null }
  const refusal: Verdict = { kind: 'refused', refused: 2, reason: 'HTTP 404' }
  const again = (afterMs: number | null = null): Verdict => ({
    kind: 'again',
    code: 'EXPORT_FAILING',
    reason: 'HTTP 503',
    afterMs,
  })

  test('waits a tick for others', async () => {
    const { sent, add } = setUp([])
    add(0, 1)
    await jest.advanceTimersByTimeAsync(199)
    expect(sent).toHaveLength(0)
    await jest.advanceTimersByTimeAsync(1)
    expect(sent.map(({ records }) => records.length)).toEqual([2])
  })

  test('does not wait when a batch is full', async () => {
    const { sent, add } = setUp([])
    add(0, 1, 2)
    await jest.advanceTimersByTimeAsync(0)
    expect(sent).toHaveLength(1)
  })

  test('sends the same bytes again until they are done, and only then forgets', async () => {
    const { queue, sent, add, notices } = setUp([new Error('ECONNREFUSED'), again(), again()])
    add(0)
    await jest.advanceTimersByTimeAsync(200)
    add(1)
    await jest.advanceTimersByTimeAsync(250 + 500)
    expect(queue.records).toHaveLength(2)
    await jest.advanceTimersByTimeAsync(1000)
    expect(new Set(sent.slice(0, 4).map(({ body }) => body)).size).toBe(1)
    expect(queue.records).toHaveLength(0)
    expect(sent).toHaveLength(5)
    expect(notices).toEqual(['EXPORT_FAILING', 'EXPORT_FAILING'])
  })

  test('waits as long as Retry-After says', async () => {
    const { sent, add } = setUp([again(5000)])
    add(0)
    await jest.advanceTimersByTimeAsync(200 + 4999)
    expect(sent).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(1)
    expect(sent).toHaveLength(2)
  })

  test('keeps what is refused and sends it again: one 404 of a proxy costs no record', async () => {
    const { queue, sent, notices, add, refused } = setUp([refusal])
    add(0, 1)
    await jest.advanceTimersByTimeAsync(200)
    expect([sent.length, queue.records.length, refused()]).toEqual([1, 2, 0])
    await jest.advanceTimersByTimeAsync(15_000)
    expect([sent.length, queue.records.length, refused()]).toEqual([2, 0, 0])
    expect(notices).toEqual(['EXPORT_REFUSED'])
  })

  test('gives up and counts what is refused six times', async () => {
    const verdicts = Array.from({ length: 6 }, () => refusal)
    const { queue, sent, notices, add, refused } = setUp(verdicts)
    add(0, 1)
    await jest.advanceTimersByTimeAsync(200 + 15_000 * (1 + 2 + 4 + 8 + 16) - 1)
    expect([sent.length, queue.records.length]).toEqual([5, 2])
    await jest.advanceTimersByTimeAsync(1)
    expect([sent.length, queue.records.length, refused()]).toEqual([6, 0, 2])
    expect(notices.at(-1)).toBe('RECORDS_GIVEN_UP')
  })

  test('once stopped has no timer and starts no more', async () => {
    const { sender, sent, add } = setUp([again()])
    add(0)
    await jest.advanceTimersByTimeAsync(200)
    sender.stop()
    add(1)
    expect(jest.getTimerCount()).toBe(0)
    await jest.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(1)
  })

  test('flush does not wait for a pause, and gives up at the first failure', async () => {
    const { queue, sender, sent, add } = setUp([again(), again()])
    add(0)
    await jest.advanceTimersByTimeAsync(200)
    await sender.flush()
    expect(sent).toHaveLength(2)
    expect(queue.records).toHaveLength(1)
    await sender.flush()
    expect(queue.records).toHaveLength(0)
  })
})
