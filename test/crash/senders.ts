// Senders of signed batches that come again until they have a receipt, and keep what got one.
import { setTimeout as delay } from 'node:timers/promises'
import { ed25519Verify, openReceipt, sha256 } from '@grantlog/ledger'
import { ATTR } from '@grantlog/record'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import { ed25519Verifier } from '@grantlog/tlog'
import {
  person,
  spanOf,
  type TestProducer,
  testProducer,
} from '../../packages/ledger/test/producer.ts'

/** A record that has a receipt, and the place that the receipt names. */
export interface Receipted {
  readonly kid: string
  readonly seq: number
  readonly index: number
}

export interface Senders {
  readonly receipted: readonly Receipted[]
  /** Names of spans that are not audit and were acknowledged. */
  readonly passed: readonly string[]
  /** Answers other than 200, and none at all. */
  readonly failures: number
  /** Where they send to from now on. */
  aim(endpoint: string): void
  /** Resolves when `records` more have receipts; rejects after a minute without any. */
  more(records: number): Promise<void>
  /** Resolves with the records that were sent, with receipt or not. */
  stop(): Promise<number>
}

export interface SenderOptions {
  readonly producers: readonly TestProducer[]
  readonly receiptKey: string
  readonly endpoint: string
  /** Each batch brings one span that is not audit. */
  readonly passThrough?: boolean
}

const batchRecords = 20
const patienceMs = 60_000

export function newProducers(count = 3): TestProducer[] {
  return Array.from({ length: count }, () => testProducer())
}

/** Starts one sender for each producer: batches in order, each sent until its receipt came. */
export function startSenders(options: SenderOptions): Senders {
  const verifier = ed25519Verifier(options.receiptKey, sha256, ed25519Verify)
  const receipted: Receipted[] = []
  const passed: string[] = []
  const waiting = new Set<() => void>()
  let { endpoint } = options
  let failures = 0
  let isStopped = false

  async function sendUntilStopped(producer: TestProducer): Promise<number> {
    let next = 0
    let body: Uint8Array | undefined
    while (!isStopped) {
      body ??= requestOf(producer, next, options.passThrough === true)
      const header = await post(endpoint, body)
      if (header === null) {
        failures++
        await delay(5)
        continue
      }
      for (const note of header.split(',')) {
        const receipt = openReceipt(Buffer.from(note.trim(), 'base64'), verifier)
        for (let seq = receipt.firstSeq; seq <= receipt.lastSeq; seq++) {
          const index = receipt.firstIndex + (seq - receipt.firstSeq)
          receipted.push({ kid: producer.kid, seq, index })
        }
      }
      if (options.passThrough === true) passed.push(passName(producer, next))
      next += batchRecords
      body = undefined
      for (const wake of waiting) wake()
    }
    return next
  }

  const running = options.producers.map(sendUntilStopped)
  return {
    receipted,
    passed,
    get failures() {
      return failures
    },
    aim: (to) => void (endpoint = to),
    async more(records) {
      const goal = receipted.length + records
      while (receipted.length < goal) {
        const before = receipted.length
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.add(resolve)
        const timer = setTimeout(resolve, patienceMs)
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

function requestOf(producer: TestProducer, first: number, passThrough: boolean): Uint8Array {
  const spans = Array.from({ length: batchRecords }, (_, i) =>
    spanOf({ seq: first + i, attributes: person(`user ${(first + i) % 7}`) }),
  )
  const { jws, digests } = producer.sign(spans)
  const attributes: [string, string | Uint8Array][] = [
    [ATTR.AUDIT_INTEGRITY_VALUE, jws],
    [ATTR.AUDIT_INTEGRITY_DIGESTS, digests],
  ]
  const audit = { name: '@grantlog/sdk', version: '1', attributes }
  const groups = [{ resource: [], scope: audit, spans }]
  if (!passThrough) return encodeTraceRequest(groups)
  const other = { ...spans[0]!, name: passName(producer, first), attributes: new Map() }
  const app = { name: 'app', version: '1', attributes: [] }
  return encodeTraceRequest([...groups, { resource: [], scope: app, spans: [other] }])
}

/** The receipts, or null when there was no answer to rely on. */
async function post(endpoint: string, body: Uint8Array): Promise<string | null> {
  try {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.from(body),
      signal: AbortSignal.timeout(20_000),
    })
    await response.arrayBuffer()
    return response.status === 200 ? response.headers.get('grantlog-receipt') : null
  } catch {
    return null
  }
}
