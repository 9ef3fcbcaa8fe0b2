// One stream of a producer, as the SDK makes it: numbers given first, batches chained, heartbeats
// that say what was dropped. Tests lose of it what they like.
import { randomUUID } from 'node:crypto'
import type { BatchToCommit } from '@grantlog/ledger'
import { ATTR, type AttributeValue, type Span } from '@grantlog/record'
import { recordToCommit } from '../../packages/ledger/test/producer.ts'
import {
  encodeSpans,
  type Producer,
  recordSpan,
  signSpans,
} from '../../packages/receiver/test/producer.ts'

export interface TestStream {
  /** The next number. */
  readonly next: number
  /** A request body with the next `count` records as one batch. */
  records(count: number): Uint8Array
  /** The same, as if a batch with this root had been before it. */
  recordsAfter(prevRoot: string, count: number): Uint8Array
  heartbeat(): Uint8Array
  stop(): Uint8Array
  /** Numbers that are assigned, dropped, and told with the next heartbeat. */
  drop(count: number): void
  /** Numbers that are assigned and never heard of again. */
  lose(count: number): void
  /** The next `count` records, for a ledger without a receiver. */
  toCommit(count: number): BatchToCommit
}

export function testStream(producer: Producer): TestStream {
  let next = 0
  let dropped = 0
  const batch = (spans: readonly Span[], prevRoot?: string): Uint8Array => {
    const options = prevRoot === undefined ? {} : { prevRoot }
    return encodeSpans(spans, signSpans(producer, spans, options))
  }

  function spans(count: number, more: Record<string, AttributeValue> = {}): Span[] {
    return Array.from({ length: count }, () => {
      const id = randomUUID().replace(/^(.{14})4/, '$17')
      return recordSpan(next++, { [ATTR.AUDIT_RECORD_ID]: id, ...more })
    })
  }

  function told(action: string): Uint8Array {
    return batch(
      spans(1, {
        [ATTR.AUDIT_ACTION]: action,
        [ATTR.AUDIT_STREAM_COUNTS]: `oauth.token=${next + 1}`,
        [ATTR.AUDIT_STREAM_DROPPED]: BigInt(dropped),
      }),
    )
  }

  return {
    get next() {
      return next
    },
    records: (count) => batch(spans(count)),
    recordsAfter: (prevRoot, count) => batch(spans(count), prevRoot),
    heartbeat: () => told('audit.stream.heartbeat'),
    stop: () => told('audit.stream.stop'),
    drop(count) {
      next += count
      dropped += count
    },
    lose(count) {
      next += count
    },
    toCommit(count) {
      const made = spans(count)
      const { jws, digests } = signSpans(producer, made)
      const { instance, kid } = producer
      const records = made.map(recordToCommit)
      return { kid, instance, evidence: { jws, digests }, records }
    },
  }
}
