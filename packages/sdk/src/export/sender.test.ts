import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { SealedRecord } from '../event.ts'
import type { Verdict } from './answer.ts'
import { backoffMs, refusalBackoffMs } from './backoff.ts'
import { createQueue } from './queue.ts'
import type { Outgoing, Source } from './outgoing.ts'
import { Sender } from './sender.ts'

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

  const done: Verdict = { kind: 'done', refused: 0, reason: '', lastIndex: null }
  const refusal: Verdict = { kind: 'refused', refused: 2, reason: 'HTTP 404' }
  const again = (afterMs: number | null = null): Verdict => ({
    kind: 'again',
    code: 'EXPORT_FAILING',
    reason: 'HTTP 503',
    afterMs,
  })
  const unreceipted: Verdict = { ...again(), code: 'RECEIPT_INVALID' } as Verdict

  function setUp(verdicts: (Verdict | Error)[], others: number[] = [], batchesMax = 1) {
    const requests: number[] = []
    const sent: number[] = []
    const notices: string[] = []
    const refused: number[] = []
    const own: Outgoing[] = []
    const adopted = others.map(batchOf)
    let looking = Promise.resolve()
    const source = (waiting: Outgoing[]): Source => ({
      peek: async () => {
        if (waiting === adopted) await looking
        return waiting[0] ?? null
      },
      behind: () => waiting.slice(1),
      done: () => void waiting.shift(),
      refuse: () => void refused.push(waiting.shift()!.firstSequence),
    })
    let isWaitedFor = false
    const sources = [source(own), source(adopted)]
    const sender = new Sender({
      sources,
      flushed: sources.slice(0, 1),
      deliver: async (batches) => {
        requests.push(batches.length)
        return batches.map(({ firstSequence }) => {
          sent.push(firstSequence)
          const verdict = verdicts.shift() ?? done
          if (verdict instanceof Error) throw verdict
          return verdict
        })
      },
      limits: { batches: batchesMax, bytes: 1024 * 1024 },
      isWaitedFor: () => isWaitedFor,
      onSent: () => undefined,
      onDone: () => undefined,
      notify: (code) => void notices.push(code),
      random: () => 0,
    })
    const add = (...sequences: number[]): void => {
      own.push(...sequences.map(batchOf))
      sender.kick()
    }
    const wait = (): void => void (isWaitedFor = true)
    const look = (until: Promise<void>): void => void (looking = until)
    return { own, sender, sent, requests, notices, refused, add, wait, look }
  }

  function batchOf(firstSequence: number): Outgoing {
    return { instance: 'i', firstSequence, count: 1, root: '', body: new Uint8Array() }
  }

  test('sends the same batch again until it is done', async () => {
    const { own, sent, add, notices } = setUp([new Error('ECONNREFUSED'), again(), again()])
    add(0, 1)
    await jest.advanceTimersByTimeAsync(250 + 500)
    expect([own.length, sent]).toEqual([2, [0, 0, 0]])
    await jest.advanceTimersByTimeAsync(1000)
    expect([own.length, sent]).toEqual([0, [0, 0, 0, 0, 1]])
    expect(notices).toEqual(['EXPORT_FAILING', 'EXPORT_FAILING'])
  })

  test('takes its sources in turn', async () => {
    const { sent, add } = setUp([], [10, 11, 12])
    add(0, 1)
    await jest.advanceTimersByTimeAsync(0)
    expect(sent).toEqual([0, 10, 1, 11, 12])
  })

  test('what has piled up goes together, as many as one request may hold', async () => {
    const { sent, requests, add } = setUp([], [], 3)
    add(0, 1, 2, 3)
    await jest.advanceTimersByTimeAsync(0)
    expect([requests, sent]).toEqual([
      [3, 1],
      [0, 1, 2, 3],
    ])
  })

  test('of several that went together, each is blamed only for what it did alone', async () => {
    const { sent, requests, refused, add } = setUp([done, refusal, refusal, refusal], [], 3)
    add(0, 1, 2)
    await jest.advanceTimersByTimeAsync(0)
    expect([requests, sent, refused]).toEqual([[3, 1, 1], [0, 1, 2, 1, 2], [1]])
  })

  test('each of two sources with a refused batch among others gets on', async () => {
    const each = [refusal, done, done, refusal]
    const { sent, refused, add } = setUp([...each, ...each], [10, 11, 12], 3)
    add(0, 1, 2)
    await jest.advanceTimersByTimeAsync(0)
    expect(refused).toEqual([0, 10])
    expect(sent).toEqual([0, 1, 2, 0, 10, 11, 12, 10, 1, 2, 11, 12])
  })

  test('what comes while another source is looked at is not forgotten', async () => {
    const { own, sent, sender, look } = setUp([])
    let found: () => void = () => undefined
    look(new Promise((resolve) => (found = resolve)))
    sender.kick()
    await jest.advanceTimersByTimeAsync(0)
    own.push(batchOf(7))
    sender.kick()
    found()
    await jest.advanceTimersByTimeAsync(0)
    expect(sent).toEqual([7])
  })

  test('a response that begins to wait cuts a long pause short, but no Retry-After', async () => {
    const { sent, sender, add } = setUp([...Array.from({ length: 9 }, () => again()), again(9000)])
    add(0)
    while (sent.length < 9) await jest.advanceTimersToNextTimerAsync()
    sender.hurry()
    await jest.advanceTimersByTimeAsync(1000)
    expect(sent).toHaveLength(10)
    sender.hurry()
    await jest.advanceTimersByTimeAsync(8999)
    expect(sent).toHaveLength(10)
  })

  test('waits as long as Retry-After says', async () => {
    const { sent, add } = setUp([again(5000)])
    add(0)
    await jest.advanceTimersByTimeAsync(4999)
    expect(sent).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(1)
    expect(sent).toHaveLength(2)
  })

  test('tries each second while a response waits', async () => {
    const { sent, add, wait } = setUp(Array.from({ length: 12 }, () => again()))
    wait()
    add(0)
    await jest.advanceTimersByTimeAsync(250 + 500 + 9 * 1000)
    expect(sent).toHaveLength(12)
  })

  test('what is refused makes way for what is behind it', async () => {
    const { sent, notices, add, refused } = setUp([refusal])
    add(0, 1)
    await jest.advanceTimersByTimeAsync(0)
    expect([sent, refused, notices]).toEqual([[0, 1], [0], ['EXPORT_REFUSED']])
  })

  test('three refusals in a row, and the rest waits', async () => {
    const { sent, add, refused } = setUp(Array.from({ length: 6 }, () => refusal))
    add(0, 1, 2, 3, 4, 5, 6)
    await jest.advanceTimersByTimeAsync(14_999)
    expect(sent).toEqual([0, 1, 2])
    await jest.advanceTimersByTimeAsync(1)
    expect(sent).toEqual([0, 1, 2, 3, 4, 5])
    await jest.advanceTimersByTimeAsync(30_000)
    expect([sent.at(-1), refused]).toEqual([6, [0, 1, 2, 3, 4, 5]])
  })

  const many = Array.from({ length: 60 }, (_, i) => i)
  const refusals = many.map(() => refusal)

  test('but never longer than a minute', async () => {
    const { sent, add } = setUp(refusals)
    add(...many)
    // Pauses of 15 and 30 s, and then of a minute each.
    await jest.advanceTimersByTimeAsync(45_000 + 4 * 60_000)
    expect(sent).toHaveLength(3 * 7)
  })

  test('nor for a response that waits for a receipt', async () => {
    const { sent, add, sender, wait } = setUp(refusals)
    add(...many)
    await jest.advanceTimersByTimeAsync(0)
    sender.hurry()
    await jest.advanceTimersByTimeAsync(1000)
    expect(sent).toHaveLength(6)
    wait()
    sender.hurry()
    await jest.advanceTimersByTimeAsync(3000)
    expect(sent).toHaveLength(15)
  })

  test('nor for what is elsewhere, once a receipt came', async () => {
    const { sent, add } = setUp([refusal, refusal, refusal, done, refusal, refusal], [10, 11])
    add(0, 1, 2, 3)
    await jest.advanceTimersByTimeAsync(15_000)
    expect(sent).toHaveLength(6)
    expect(sent.slice(3)).toEqual([11, 2, 3])
  })

  test('nor when the receiver was away meanwhile', async () => {
    const away = new Error('ECONNREFUSED')
    const { sent, add } = setUp([refusal, refusal, away, refusal, refusal])
    add(0, 1, 2, 3, 4)
    await jest.advanceTimersByTimeAsync(250)
    expect(sent).toEqual([0, 1, 2, 2, 3, 4])
  })

  test('a batch that gets no valid receipt five times makes way, too', async () => {
    const { sent, add, refused } = setUp(Array.from({ length: 5 }, () => unreceipted))
    add(0, 1)
    await jest.advanceTimersByTimeAsync(60_000)
    expect([sent, refused]).toEqual([[0, 0, 0, 0, 0, 1], [0]])
  })

  test('once stopped has no timer and starts no more', async () => {
    const { sender, sent, add } = setUp([again()])
    add(0)
    await jest.advanceTimersByTimeAsync(0)
    sender.stop()
    add(1)
    expect(jest.getTimerCount()).toBe(0)
    await jest.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(1)
  })

  test('flush does not wait for a pause, and gives up at the first failure', async () => {
    const { own, sender, sent, add } = setUp([again(), again()], [])
    add(0)
    await jest.advanceTimersByTimeAsync(0)
    await sender.flush()
    expect([sent.length, own.length]).toEqual([2, 1])
    await sender.flush()
    expect(own).toHaveLength(0)
  })
})
