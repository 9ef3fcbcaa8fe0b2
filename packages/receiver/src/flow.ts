// What passes from step to step (pipeline.ts). Steps import these and never each other.
import type { X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type {
  DividedOpenings,
  Enrolment,
  Identities,
  LaidRecord,
  Shown,
  SlotOpening,
} from '@grantlog/ledger'
import type { BatchStatement, SlotName } from '@grantlog/record'
import { REFUSALS, type RefusalCode } from './codes.ts'
import type { LogCode, LogLevel } from './log-codes.ts'
import type { Pace } from './turns.ts'

/**
 * One line of the structured log. Details are counts, codes, kids and names; never personal data.
 * Codes are those of the receiver; the program around it adds its own.
 */
export interface LogEvent<Code extends string = LogCode> {
  readonly code: Code
  readonly level: LogLevel
  readonly [detail: string]: string | number | boolean | undefined
}

export type Log = (event: LogEvent) => void

/**
 * Refused spans, or log records, without anything of them. `sender` is an enrolled kid, or
 * `unknown`.
 */
export interface Refusal {
  readonly code: RefusalCode
  readonly sender: string
  /** Of the stream, where the signature proves that the spans are of it. */
  readonly instance?: string
  readonly spans: number
  /** Left out: they are spans. */
  readonly signal?: 'logs'
}

/** A refused span by its place in a batch: what a signed refusal names (FORMAT.md, 3.7). */
export interface RefusedPlace {
  readonly code: RefusalCode
  /** Of the batch, b64u as in its statement. */
  readonly root: string
  readonly seq: number
}

/**
 * A span that may be committed: signed by an enrolled key, unaltered and in the key's scope. Its
 * bytes are views, perhaps made anew each time: who needs one twice keeps it.
 */
export interface VerifiedRecord {
  readonly type: 'record' | 'start' | 'heartbeat' | 'stop'
  /** `audit.record.id`, a UUIDv7. */
  readonly id: string
  readonly seq: number
  readonly digest: Uint8Array
  readonly canonical: Uint8Array
  /** JCS JSON of what is not covered (FORMAT.md, 1.1); empty when there is nothing. */
  readonly unsigned: Uint8Array
  readonly openings: readonly SlotOpening[] | DividedOpenings
  /** See RecordToCommit. */
  readonly stored?: number
  readonly laid?: LaidRecord | undefined
  /** Whom the openings are about. */
  readonly identities: Identities
  /** Undefined for a span that was not scanned: then sinks get it from the ledger. */
  readonly shown?: Shown
}

/** The spans of one signed batch that a request brought, each number once, in order. */
export interface VerifiedBatch {
  readonly kid: string
  readonly jws: string
  readonly digests: Uint8Array
  readonly statement: BatchStatement
  readonly records: readonly VerifiedRecord[]
}

/** The one slot whose fields sinks are shown, unless they are to have all. */
export const shownSlot: SlotName = 'pseudonym'

/** What an OTLP request carries. */
export type Signal = 'traces' | 'logs' | 'metrics'

/** What is known of a request before its body is read. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  /** Names and values by turns, as they came: `headers` hides a second `Authorization`. */
  readonly rawHeaders: readonly string[]
  readonly socket: AskedSocket
  readonly method?: string | undefined
  /** Path and query. */
  readonly url?: string | undefined
}

/** A socket; the last three are those of a TLS socket. */
export interface AskedSocket {
  readonly localAddress?: string | undefined
  readonly remoteAddress?: string | undefined
  readonly encrypted?: boolean
  readonly remotePort?: number | undefined
  /** Whether the client's certificate is of the authority it must be of. */
  readonly authorized?: boolean
  getPeerX509Certificate?(): X509Certificate | undefined
}

/** Counted down by each signature that a request makes us verify. */
export interface SignatureBudget {
  signatures: number
}

/** Who sent a request, as far as the connection and its headers prove it. */
export interface Caller {
  /** For limits and the log: a name of the configuration, or of an authenticated client. */
  readonly name: string
  /** How it is known; `address` is a connection that only this machine can make. */
  readonly proof: 'address' | 'certificate' | 'token' | 'none'
  /** Whom all it brings is of. Undefined: it speaks for all of them. */
  readonly tenant?: string
}

/** Who may enrol a key by an access token, and for what, as the configuration has it. */
export interface Enrolling {
  readonly caller: Caller
  readonly client: string
  readonly issuer: string
  /** b64u of SHA-256 of the access token. */
  readonly ath: string
  readonly service: string
  readonly roles: readonly string[]
  /** Issuers that the key may speak of; empty: any. */
  readonly issuers: readonly string[]
}

/** What such a client sends: two JWS (FORMAT.md, 7.1), unread. */
export interface EnrolRequest {
  readonly proof: string
  /** By the key in force, if the service has one. */
  readonly previous: string | null
}

export interface Enrolled {
  readonly enrolment: Enrolment
  /** False: it was enrolled so already. */
  readonly isNew: boolean
}

/** One OTLP export request, whatever way it came. */
export interface ExportRequest {
  readonly signal: Signal
  /** The message in binary protobuf, decompressed; it is looked at until the answer is there. */
  readonly body: Uint8Array
  readonly caller: Caller
  /** Origin of the one log that all of it is for; such a sender, an edge, gets refusals signed. */
  readonly origin?: string
  /** For what takes long of it. */
  readonly pace: Pace
}

/** What an export request is answered with once everything in it is durable. */
export interface ExportAnswer {
  readonly refusals: readonly Refusal[]
  /** Signed notes (FORMAT.md, 3.5). */
  readonly receipts: readonly string[]
  /** The same of refusals (3.7), for those that it names; only an edge gets one. */
  readonly refusalNote?: string | undefined
  /** Signed note of the latest published checkpoint. */
  readonly checkpoint: string | null
}

/** What came of a signal that is not sealed, and what became of it. */
export interface OtherCounters {
  passedThrough: number
  discarded: number
}

/** The same of log records, and what became of those that are audit. */
export interface LogCounters extends OtherCounters {
  /** Sum of the next three. */
  audit: number
  committed: number
  duplicates: number
  refused: number
}

/** A producer's question: headers of its request, as they came. */
export interface ProducerAsked {
  readonly proof: string | undefined
  readonly etag: string | undefined
  /** Whether limits are asked for, too. */
  readonly limits: boolean
}

/** The signed answer; null when it is what the producer has already. */
export interface ProducerTold {
  readonly etag: string
  readonly jws: string | null
}

/** The counters of /readyz, since the start. */
export interface Counters {
  requests: number
  received: number
  committed: number
  duplicates: number
  passedThrough: number
  discarded: number
  readonly logs: LogCounters
  readonly metrics: OtherCounters
  readonly refused: Record<RefusalCode, number>
}

/** What became of one request's audit spans; those to be sent again are in none of the numbers. */
export interface Outcome {
  readonly committed: number
  readonly duplicates: number
  readonly refused: readonly Refusal[]
}

export function newCounters(): Counters {
  const codes = Object.keys(REFUSALS) as RefusalCode[]
  const refused = Object.fromEntries(codes.map((code) => [code, 0])) as Counters['refused']
  const none = { requests: 0, received: 0, committed: 0, duplicates: 0, passedThrough: 0 }
  const other = (): OtherCounters => ({ passedThrough: 0, discarded: 0 })
  const logs = { ...other(), audit: 0, committed: 0, duplicates: 0, refused: 0 }
  return { ...none, discarded: 0, logs, metrics: other(), refused }
}

/** One entry for each reason, sender and stream: a request may bring thousands of spans of each. */
export function sumRefusals(refusals: readonly Refusal[]): Refusal[] {
  if (refusals.length === 0) return []
  const kinds = new Map<string, Refusal>()
  for (const { spans, ...who } of refusals) {
    const kind = `${who.code} ${who.sender} ${who.instance ?? ''}`
    kinds.set(kind, { ...who, spans: (kinds.get(kind)?.spans ?? 0) + spans })
  }
  return [...kinds.values()]
}

export function countSpans(refusals: readonly Refusal[]): number {
  return refusals.reduce((sum, { spans }) => sum + spans, 0)
}

/** Counts what was judged, and logs each kind of refusal with its sender, once a request. */
export function countAnswer(counters: Counters, outcome: Outcome, log: Log): void {
  const { committed, duplicates, refused } = outcome
  counters.received += committed + duplicates + countSpans(refused)
  counters.committed += committed
  counters.duplicates += duplicates
  for (const { code: reason, spans, ...who } of refused) {
    counters.refused[reason] += spans
    log({ code: 'SPANS_REFUSED', level: 'warn', reason, ...who, spans })
  }
}
