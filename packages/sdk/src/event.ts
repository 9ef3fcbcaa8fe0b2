// What one step hands to the next. Plain data: nothing here refers to a library's live objects.
import type { Guarantee, RecordAttributes } from '@grantlog/record'
import type { Facts } from './facts.ts'

/** Ids of a span: one that a record hangs under, or its own. */
export interface ParentSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** 16 lower-case hex digits. */
  readonly spanId: string
}

/**
 * When something happened, and under which span. Times are Unix nanoseconds, whole microseconds.
 */
export interface Occurrence {
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  readonly parent: ParentSpan | null
}

/** A place in the stream, taken before anything can fail: what is lost from then on is a gap. */
export interface Ticket {
  readonly record: (facts: Facts, occurrence: Occurrence) => void
  /** Nothing can be told of it. */
  readonly lose: (error: unknown) => void
}

/** One that can be waited for. */
export interface SafeTicket extends Ticket {
  /** Seals and sends it now, and waits; rejects when it can get no further, or must not. */
  readonly until: (stage: 'spooled' | 'receipted') => Promise<void>
  /** Ids of its span; null before it was sealed, and when it was lost. */
  readonly span: () => ParentSpan | null
}

/** `oauth.role`: what a service was in an action. Its key is enrolled for some of them. */
export type Role = 'authorization_server' | 'client' | 'resource_server'

/**
 * Numbers an action, `audit.action`, that ends now. `request` is the incoming message that it
 * belongs to; without it, the one that is served here and now, if any.
 */
export type Begin = (action: string, role: Role, request?: object) => Ticket

/** The same below the hooks: what the action's response waits for; null: for nothing. */
export type NumberAction = (
  action: string,
  role: Role | null,
  guarantee: Guarantee | null,
) => SafeTicket

/** Keyed hashes for describe/. null: no key for it, so the attribute is left out. */
export interface Hashes {
  /** Of a token that this server issued. */
  readonly token: (token: string) => string
  /** Of what was presented as one. */
  readonly typedToken: (token: string) => string | null
  readonly person: (identifier: string) => string | null
}

/** What a record says, before ids and numbers. */
export interface Description {
  readonly action: string
  /** Our own doing, an answer to a request, or a request to somebody else. */
  readonly kind: 'internal' | 'server' | 'client'
  readonly failed: boolean
  readonly message: string
  readonly attributes: RecordAttributes
}

/** A record on its way. */
export interface SealedRecord {
  /** `audit.sequence.number`. */
  readonly sequence: number
  readonly ids: ParentSpan
  /** As it travels: a `Span` of OTLP in protobuf. */
  readonly span: Uint8Array
  /** 32 bytes. */
  readonly digest: Uint8Array
  /** Memory it takes, roughly. */
  readonly bytes: number
}

/** Consecutive records under one signature. */
export interface SignedRecords {
  readonly records: readonly SealedRecord[]
  readonly firstSequence: number
  /** The batch, a JWS. */
  readonly jws: string
  /** b64u. */
  readonly root: string
  /** 32 bytes for each record. */
  readonly digests: Uint8Array
}
