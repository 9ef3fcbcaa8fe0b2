// A stream: all records of one process or worker thread, numbered from 0 (FORMAT.md 2.3). The
// number is given when something happens, before anything can fail: what is lost later shows as a
// gap.
import { ATTR, type AttributeValue, encodeList } from '@grantlog/record'
import type { RandomText } from '../random.ts'

/** Records that are about the stream itself, or about the log as its producer saw it. */
export type StreamAction =
  'audit.stream.start' | 'audit.stream.heartbeat' | 'audit.stream.stop' | 'audit.ledger.fork'

export interface StreamFacts {
  readonly dropped: number
  readonly httpRequests: number
  /** `origin size root`, or null while none was verified. */
  readonly checkpoint: string | null
}

export interface Stream {
  /** b64u of 16 random bytes. */
  readonly instance: string
  /** The next number; counts the action. */
  readonly number: (action: string) => number
  readonly place: () => StreamPlace
  /** Attributes of such a record. Call it after `number`. */
  readonly describe: (action: StreamAction, facts: StreamFacts) => Map<string, AttributeValue>
}

/** Where a stream is that outlives its process. */
export interface StreamPlace {
  readonly instance: string
  readonly next: number
  readonly counts: readonly (readonly [action: string, records: number])[]
}

/** A new stream, one for each process and worker thread; or one that goes on. */
export function openStream(random: RandomText, place?: StreamPlace): Stream {
  const counts = new Map<string, number>(place?.counts)
  let next = place?.next ?? 0
  const instance = place?.instance ?? random(16, 'base64url')
  return {
    instance,
    place: () => ({ instance, next, counts: [...counts] }),
    number: (action) => {
      counts.set(action, (counts.get(action) ?? 0) + 1)
      return next++
    },
    describe: (action, { dropped, httpRequests, checkpoint }) => {
      const attributes = new Map<string, AttributeValue>([
        [ATTR.AUDIT_ACTION, action],
        [ATTR.AUDIT_OUTCOME, action === 'audit.ledger.fork' ? 'failure' : 'success'],
        [ATTR.AUDIT_ACTOR_TYPE, 'system'],
        [ATTR.AUDIT_STREAM_COUNTS, encodeList([...counts].map(([name, n]) => `${name}=${n}`))],
        [ATTR.AUDIT_STREAM_DROPPED, BigInt(dropped)],
        [ATTR.AUDIT_STREAM_HTTP_REQUESTS, BigInt(httpRequests)],
      ])
      if (checkpoint !== null) attributes.set(ATTR.AUDIT_STREAM_CHECKPOINT, checkpoint)
      return attributes
    },
  }
}
