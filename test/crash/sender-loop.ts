// Senders of signed batches that come again until they have a receipt, and keep what got one.
import { setTimeout as delay } from 'node:timers/promises'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import type { TestProducer } from '../../packages/ledger/test/producer.ts'
import { bodyOf, type Place, placesIn, post, spansOf } from './senders.ts'

/** A record that has a receipt, and the place that the receipt names. */
export interface Receipted {
  readonly kid: string
  readonly seq: number
  readonly index: number
}

export interface SenderLoop {
  readonly receipted: readonly Receipted[]
  /** Names of spans that are not audit and were acknowledged. */
  readonly passed: readonly string[]
  /** Where they send to from now on. */
  aim(endpoint: string): void
  /** Resolves when `records` more have receipts; rejects after a minute without any. */
  more(records: number): Promise<void>
  /** Resolves with the number of records that were sent and receipted or are about to be. */
  stop(): Promise<number>
}

const batchRecords = 20
const patienceMs = 60_000
const nowhere = 'http://127.0.0.1:1'

export interface SenderOptions {
  /** Each batch brings one span more that is not audit. */
  readonly passThrough?: boolean
  /** Between two batches of one sender, ms; default: none. */
  readonly pauseMs?: number
}

/**
 * Starts one sender for each producer of `place`: batches in order, each sent until its receipt
 * came.
 */
export function startSenders(
  { producers, receipts }: Place,
  endpoint: string = nowhere,
  { passThrough = false, pauseMs = 0 }: SenderOptions = {},
): SenderLoop {
  const receipted: Receipted[] = []
  const passed: string[] = []
  const waiting = new Set<() => void>()
  let target = endpoint
  let isStopped = false

  async function sendUntilStopped(producer: TestProducer): Promise<number> {
    const { kid } = producer
    let next = 0
    let body = batchOf(producer, next, passThrough)
    while (!isStopped) {
      const answer = await post(target, body, receipts)
      if (answer.status !== 200) {
        await delay(5)
        continue
      }
      for (const [seq, index] of placesIn(answer.receipts)) receipted.push({ kid, seq, index })
      if (passThrough) passed.push(passName(producer, next))
      next += batchRecords
      body = batchOf(producer, next, passThrough)
      for (const wake of waiting) wake()
      if (pauseMs > 0) await delay(pauseMs)
    }
    return next
  }

  const running = producers.map(sendUntilStopped)
  return {
    receipted,
    passed,
    aim: (to) => void (target = to),
    async more(records) {
      const goal = receipted.length + records
      while (receipted.length < goal) {
        const before = receipted.length
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.add(resolve)
        // Somebody who waits no more must not be waited for at the end.
        const timer = setTimeout(() => resolve(), patienceMs).unref()
        await promise
        clearTimeout(timer)
        waiting.delete(resolve)
        if (receipted.length === before) throw new Error(`no receipt for ${patienceMs} ms`)
      }
    },
    async stop() {
      isStopped = true
      const sent = await Promise.all(running)
      return sent.reduce((sum, records) => sum + records, 0)
    },
  }
}

function passName({ kid }: TestProducer, seq: number): string {
  return `pass ${kid} ${seq}`
}

/** Requests in protobuf that stand one behind the other are one request. */
function batchOf(producer: TestProducer, first: number, passThrough: boolean): Uint8Array {
  const spans = spansOf(first, batchRecords)
  const audit = bodyOf(producer, spans)
  if (!passThrough) return audit
  const other = { ...spans[0]!, name: passName(producer, first), attributes: new Map() }
  const scope = { name: 'app', version: '1', attributes: [] }
  return Buffer.concat([audit, encodeTraceRequest([{ resource: [], scope, spans: [other] }])])
}
