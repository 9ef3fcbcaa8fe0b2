// Every limit of @grantlog/receiver: unit, reason, and what happens beyond it. Those a test must
// reach are in `Limits`, so that it can set small ones; each is tested at the limit and limit + 1.
// What one tenant may have of what all share is in tenant-limits.ts, limits of who may send in
// caller-limits.ts.
// Long because it is one table.

import { enrolledBytesMax, receiptedLogsMax, refusedLinesMax } from '@grantlog/ledger'

/** Limits that startReceiver takes as `limits`. */
export interface Limits {
  /**
   * Bytes of a request's body, as sent and once decompressed. The Collector's default receiver
   * limit is the same 20 MiB, so what it takes we take. → 413
   */
  readonly bodyBytes: number
  /** Bytes of all bodies being worked on. Memory grows to some times this. → 503 + Retry-After */
  readonly inFlightBytes: number
  /**
   * Of `inFlightBytes`, what one authenticated sender may hold: a largest body, as sent and
   * decompressed, fits, and a fourth is left to others. → 503 + Retry-After
   */
  readonly callerInFlightBytes: number
  /** Bodies decompressed at a time: each has buffers of its own. → 503 + Retry-After */
  readonly inflations: number
  /** Of these, what one authenticated sender may have at a time: half. → 503 + Retry-After */
  readonly callerInflations: number
  /**
   * How many times its size a body may have once decompressed, beyond the first MiB. Telemetry
   * that repeats itself shrinks to a fiftieth; what grows more was made to. → 413
   */
  readonly inflationRatio: number
  /**
   * Batches that one request can make us verify, about 100 µs each; those whose verdict, good or
   * bad, is remembered cost none. When a Collector merged more, those that are good are committed
   * and the request is asked for again (503), until all are known: nothing is lost, and no request
   * is slow.
   */
  readonly signaturesPerRequest: number
  /**
   * Different signed batches in one request; at most `verdicts`, or it could never succeed. → 400
   */
  readonly batchesPerRequest: number
  /**
   * Receipts in one response: Node reads at most 16 KiB of headers and a receipt has about 400 B.
   */
  readonly receiptsPerResponse: number
  /** Milliseconds for a request's headers. Slower clients are cut off. */
  readonly headersTimeoutMs: number
  /**
   * Milliseconds for a whole request to arrive. → 408 and the connection is closed. As long may an
   * answer of gRPC lie that the client opens no window for. → the call is reset
   */
  readonly requestTimeoutMs: number
  /** Milliseconds a connection may be without a request: longer than most clients' own 60 s. */
  readonly idleTimeoutMs: number
  /**
   * Open connections of a port; each costs some KiB even when idle. For a further one the oldest
   * makes way that has shown nobody's credentials; if there is none, it is closed itself.
   */
  readonly connections: number
  /**
   * Of these, what one address may have, in the same way: half, for many services may stand behind
   * one address, and others must get in beside them. Behind a proxy, which has one address for all,
   * as many as `connections`.
   */
  readonly connectionsPerAddress: number
  /**
   * Milliseconds that a connection may get old, however much it is used; default: any. HTTP/1.1
   * ends with the first answer after it; gRPC gets a GOAWAY, and its calls `requestTimeoutMs`.
   */
  readonly connectionMaxAgeMs: number
  /** Milliseconds close() waits for requests under way. */
  readonly drainTimeoutMs: number
  /**
   * Verified batches remembered, about 1 KiB each, and as many refused ones: a batch split by a
   * Collector is verified once, and a retry gets past those judged before.
   */
  readonly verdicts: number
  /** Milliseconds between two looks at enrolled.json, and between two `refusals` flushes. */
  readonly enrolmentLookMs: number
  readonly refusalsFlushMs: number
  /** Milliseconds between two looks at the policy for the services. */
  readonly policyLookMs: number
  /** Proofs of one key that are remembered, ten minutes of 13 a second, 120 B each. → 503 */
  readonly proofsPerKey: number
  /** New keys that the tokens of one issuer enrol in an hour: a fleet rolls out slower. → 429 */
  readonly enrolmentsPerHour: number
  /** Milliseconds between two looks for validations that were handed over. */
  readonly validationLookMs: number
  /** The same of findings: a part of the time from a record to its alert. */
  readonly findingLookMs: number
  /** Milliseconds of service that count as a minute in which a stream was silent. */
  readonly minuteMs: number
  /**
   * The quarantine: bytes on the disk, entries (each is about 300 B of memory), bytes of one sender
   * in a minute (all strangers are one), and days. What is over a bound is counted and not kept.
   */
  readonly quarantineBytes: number
  readonly quarantineEntries: number
  readonly quarantineSenderBytes: number
  readonly quarantineDays: number
  /**
   * Bytes of pass-through of each signal kept for slow sinks. Beyond it the oldest half is dropped,
   * loudly.
   */
  readonly queueBytes: number
  /** Bytes of the newest commits in memory, for sinks not behind: seconds of a full load. */
  readonly recentBytes: number
  /** Spans in one request to a sink: about 2 MiB. Each costs a round trip and a sync. */
  readonly sinkBatchSpans: number
  /**
   * Spans that a sink takes from memory at once, in several requests: moving the offset after each
   * would make it fall behind a full load, and then read the ledger at three times the cost.
   */
  readonly sinkLoadSpans: number
  /**
   * Milliseconds between two loads of a sink, at least, while loads are small: a request and a
   * durable move of the offset for each record would cost more than taking it in.
   */
  readonly sinkPaceMs: number
  /**
   * Milliseconds between two durable moves of a sink's offset, each of which takes three syncs:
   * after a crash a sink gets again what it got since.
   */
  readonly sinkOffsetMs: number
  /** Bytes of pass-through in one request to a sink; a single larger body is sent alone. */
  readonly sinkBatchBytes: number
  /** Milliseconds for a sink to answer; then the request is tried again. */
  readonly sinkTimeoutMs: number
  /** Milliseconds before the first retry to a sink, doubled each time up to the second number. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /**
   * Milliseconds that a load of which a sink takes nothing is tried again before it is put aside:
   * an hour of a wrong URL or mapping costs at most one load, and a row of bad records goes on.
   */
  readonly refusedAllMs: number
  /** Bytes of a sink's dead letters, twice: 40,000 single ones. The oldest go first, loudly. */
  readonly deadLetterBytes: number
  /** Milliseconds that close() waits for what sinks were sent to be answered. */
  readonly sinkDrainMs: number
  /** Milliseconds that a sink takes nothing until the log says so: longer than its restart. */
  readonly sinkFailingMs: number
  /** Milliseconds between two looks at the disks, the clock and the sinks. */
  readonly lookMs: number
  /** Milliseconds between two looks at the files of the certificate: they change each month. */
  readonly tlsLookMs: number
  /** Milliseconds for an issuer to answer; then its keys are those it had. */
  readonly issuerTimeoutMs: number
  /** Milliseconds between two questions for an issuer's keys, at least, whatever tokens come. */
  readonly issuerCooldownMs: number
  /** Milliseconds after which an issuer's keys are asked for again, while the old ones serve. */
  readonly issuerRefreshMs: number
  /** Milliseconds after which the keys of an issuer that does not answer are not believed. */
  readonly issuerKeepMs: number
}

export const LIMITS: Limits = {
  bodyBytes: 20 * 1024 * 1024,
  inFlightBytes: 64 * 1024 * 1024,
  callerInFlightBytes: 48 * 1024 * 1024,
  inflations: 32,
  callerInflations: 16,
  inflationRatio: 256,
  signaturesPerRequest: 16,
  batchesPerRequest: 1_024,
  receiptsPerResponse: 24,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 65_000,
  connections: 1_024,
  connectionsPerAddress: 512,
  connectionMaxAgeMs: Infinity,
  drainTimeoutMs: 10_000,
  verdicts: 4_096,
  enrolmentLookMs: 1_000,
  refusalsFlushMs: 60_000,
  policyLookMs: 500,
  proofsPerKey: 8_192,
  enrolmentsPerHour: 60,
  validationLookMs: 1_000,
  findingLookMs: 100,
  minuteMs: 60_000,
  quarantineBytes: 256 * 1024 * 1024,
  quarantineEntries: 10_000,
  quarantineSenderBytes: 4 * 1024 * 1024,
  quarantineDays: 7,
  queueBytes: 1024 * 1024 * 1024,
  recentBytes: 48 * 1024 * 1024,
  sinkBatchSpans: 2048,
  sinkLoadSpans: 16_384,
  sinkPaceMs: 100,
  sinkOffsetMs: 1_000,
  sinkBatchBytes: 4 * 1024 * 1024,
  sinkTimeoutMs: 30_000,
  backoffMinMs: 500,
  backoffMaxMs: 30_000,
  refusedAllMs: 3_600_000,
  deadLetterBytes: 8 * 1024 * 1024,
  sinkDrainMs: 5_000,
  sinkFailingMs: 600_000,
  lookMs: 1_000,
  tlsLookMs: 10_000,
  issuerTimeoutMs: 5_000,
  issuerCooldownMs: 10_000,
  issuerRefreshMs: 600_000,
  issuerKeepMs: 86_400_000,
}

/** Levels for what sinks are sent: the fast ones, for each load is sent once. */
export const SINK_COMPRESSION_LEVEL = { gzip: 1, zstd: 1 } as const

/**
 * Batches in one request to a core receiver: it verifies 16 new ones at once, and has 24 receipts
 * in an answer, of which a batch that came in pieces needs several.
 */
export const MAX_CORE_BATCHES = 12

/** Log records in one request to a core receiver: one receipt, within 16 KiB, has them all. */
export const MAX_CORE_LOGS: number = receiptedLogsMax

/** Refused log records of a request that are named to an edge; the others come again. */
export const MAX_NAMED_LOGS: number = refusedLinesMax

/** Bytes of headers in the answer of a core receiver: its receipts, and what it refused. */
export const MAX_CORE_HEADER_BYTES: number = 32 * 1024

/** Refused records, by index, whose refusal is not kept once more while their sink waits. */
export const MAX_REFUSALS_REMEMBERED = 65_536

/** Records held because a core refused them as they came, 100 B each. → the sink waits */
export const MAX_HELD_RECORDS = 65_536

/**
 * Runs of records in a core's log that an edge remembers, 200 B each. As many answers are read at
 * its start, 0.1 ms for each receipt in them. Who lost more is found by `grantlog receipts` alone.
 */
export const MAX_CORE_RUNS = 4096

/** Receipts of one answer of a core receiver that are looked at; 16 KiB of headers hold fewer. */
export const MAX_CORE_RECEIPTS = 64

/** Milliseconds of work in one turn of the event loop: an acknowledgement waits for a turn. */
export const TURN_MS = 2

/** Bytes that are worked on at once, whoever waits: 4 ms at the very most, mostly 0.1 ms. */
export const FREE_TURN_BYTES = 16_384

/** Bytes of a request's headers; Node's default. → 431 */
export const MAX_HEADER_BYTES = 16_384

/** Bytes of a record's unsigned part that are kept; a larger one is dropped, it proves nothing. */
export const MAX_UNSIGNED_BYTES = 8_192

/** Bytes that inflating gives at once: so many of each body may be over the bytes in flight. */
export const INFLATE_CHUNK_BYTES = 65_536

/** Bytes that a body may grow to at any ratio: less than many bodies have as they are sent. */
export const INFLATION_FREE_BYTES: number = 1024 * 1024

/** Frames of zstd in one body: each needs a decoder of its own, about 0.1 ms. → 413 */
export const MAX_ZSTD_FRAMES = 128

/** Exponent of the largest window of zstd: 8 MiB, as HTTP has it (RFC 9659). → 400 */
export const ZSTD_WINDOW_LOG = 23

/** Seconds in Retry-After of a 503: a commit takes milliseconds, a full disk longer. */
export const RETRY_AFTER_S = 1

/** Bytes of enrolled.json; whoever writes it has the same. → RECEIVER_ENROLMENT_MALFORMED */
export const MAX_ENROLMENT_BYTES: number = enrolledBytesMax

/** Bytes of the policy for the services: as many characters as it may have, of three bytes. */
export const MAX_POLICY_BYTES: number = 3 * 64 * 1024

/** Seconds by which a producer's clock may differ from ours when it proves its key. */
export const PROOF_SKEW_S = 300

/** Characters of a partial_success message: seven codes with their advice are below 1,000. */
export const MAX_MESSAGE_CHARACTERS = 2_000

/**
 * Of the quarantine's entries and bytes, what is given to senders whom no signature proves: a
 * flood of them leaves the other half to those who are enrolled.
 */
export const UNPROVEN_SHARE = 0.5

/** Streams whose refusals are counted one by one, about 300 B each; the oldest is forgotten. */
export const MAX_REFUSING_STREAMS = 10_000

/** Streams whose minutes of silence a restart finds again, about 100 B each. */
export const MAX_SILENT_NOTED = 10_000

/** Sinks of which a restart finds what was said last, about 60 B each; people have a handful. */
export const MAX_SINKS_NOTED = 1_000

/** Milliseconds that a sink fails until it is noted since when: a flicker costs no write. */
export const SINK_NOTED_MS = 60_000

/** Streams in /readyz: what a person reads. `GET /grantlog/v1/streams` has all. */
export const MAX_WORST_STREAMS = 10

/**
 * Streams counted in one turn of the event loop, about 10 µs each: an acknowledgement waits for a
 * turn.
 */
export const STREAMS_PER_TURN = 250

/** Streams in one page of `GET /grantlog/v1/streams`, about 600 B each. */
export const MAX_STREAMS_PER_PAGE = 1_000

/** Dead letters whose stream is looked up, about 20 µs each; further ones are not told apart. */
export const MAX_DEAD_LETTERS_COUNTED = 100_000

/** Bytes of a sink's answer that are read; one with a line for each span is smaller. → retried */
export const MAX_SINK_ANSWER_BYTES: number = 1024 * 1024

/** Bytes of a search engine's answer; one with an error for each document is smaller. → retried */
export const MAX_SEARCH_ANSWER_BYTES: number = 16 * 1024 * 1024

/** Seconds of a sink's Retry-After that are believed; a longer one is cut to this. */
export const MAX_SINK_RETRY_AFTER_S = 300

/** Percent of a disk from which on it is low, and very low: then somebody is told. */
export const DISK_LOW_PERCENT = 90
export const DISK_VERY_LOW_PERCENT = 95

/** Free bytes that are enough at any percentage: hours of 10,000 records a second. */
export const DISK_AMPLE_BYTES: number = 100 * 1024 ** 3

/** Milliseconds by which a clock is set at least, when it is not drift or a slow look. */
export const CLOCK_JUMP_MS = 1_000

/** Failures in a row of a kind that passes by itself, before somebody is told. */
export const QUIET_FAILURES = 3

/** Reasons that are told of one outage: a sink that answers with anything fills no log. */
export const MAX_REASONS_TOLD = 8

/** Bytes of memory for records that are kept for the next requests; what is above is let go. */
export const SLAB_KEPT_BYTES: number = 20 * 1024 * 1024

/** Bytes of memory for bodies that are kept for the next requests; what is above is let go. */
export const BODY_MEMORY_KEPT_BYTES: number = 12 * 1024 * 1024

/** Calls at a time on one connection of gRPC: senders use a few. Others wait at the client. */
export const MAX_GRPC_STREAMS = 128

/**
 * Bytes that a call, and a connection, of gRPC may send before they are read: enough for most
 * bodies at once. Nothing of it is kept: what is read is in flight.
 */
export const GRPC_STREAM_WINDOW_BYTES: number = 1024 * 1024
export const GRPC_CONNECTION_WINDOW_BYTES: number = 4 * 1024 * 1024

/** MiB that one connection of gRPC may hold in Node: its window, and answers that nobody reads. */
export const MAX_GRPC_SESSION_MIB = 8

/**
 * Calls that one connection of gRPC may cancel: at once, and per second after that (CVE-2023-44487,
 * "rapid reset"). → the connection is closed
 */
export const STREAM_RESETS: { readonly burst: number; readonly perSecond: number } = {
  burst: 200,
  perSecond: 20,
}

/**
 * PING and SETTINGS of one connection of gRPC with no call in between: a client that keeps it alive
 * sends one in ten seconds. → the connection is closed (ENHANCE_YOUR_CALM)
 */
export const MAX_IDLE_FRAMES = 100

/** Bytes of receipts in the trailers of a call: clients take 8 KiB, gRPC's own default. */
export const MAX_TRAILER_BYTES = 6_144

/** Files in keys/log-signers: bare keys are tried one after the other. */
export const MAX_LOG_SIGNERS = 64

/** Log records that become one item of a commit, prepared for about 100 µs each. */
export const LOGS_PER_COMMIT = 64

/** Bytes of log records that become one item of a commit, at about which it ends. */
export const LOG_COMMIT_BYTES: number = 1024 * 1024

/** Commits with log records that are noted for their sinks, 8 bytes each; older ones are read. */
export const MAX_LOG_COMMITS_NOTED = 65_536

/** Commits without log records after which a sink's offset of these moves on, at a sync. */
export const LOG_COMMITS_SKIPPED = 1_024

/** The last commits, looked at where a queue does not tell which log record was its first. */
export const LOG_COMMITS_LOOKED_BACK = 16

/** Milliseconds of the timer that shows how late the event loop is: 20 wake-ups a second. */
export const LOOP_DELAY_RESOLUTION_MS = 50

/** Of its time, what an event loop that is worth that timer is busy; else the looks tell. */
export const LOOP_REST_SHARE = 0.03

/** Milliseconds for which delays of the event loop are told; a scrape may come once a minute. */
export const LOOP_DELAY_WINDOW_MS = 60_000

/** Looks at how far the log was that are kept, 32 B each; beyond it every other one goes. */
export const MAX_LOG_LOOKS = 1_024

/** Milliseconds between two pushes of metrics, as OpenTelemetry's own default is. */
export const METRICS_PUSH_MS = 60_000

/**
 * Milliseconds for a push to be taken, tried again or not. A stop waits as long for the last one;
 * what is not taken is in the next one, for they are sums.
 */
export const METRICS_PUSH_TIMEOUT_MS = 3_000

/** Series of one metric, 100 B each; the rest is told as one, `_OTHER`. */
export const MAX_METRIC_SERIES = 1_000

/** Tenants that metrics tell apart, some 70 series each; the rest is `_OTHER`. /readyz has each. */
export const MAX_METRIC_TENANTS = 50

/**
 * Lines of one code and sender in a minute; all strangers are one sender. Further ones are counted:
 * whoever sends nonsense all day fills no disk with what we say about it.
 */
export const LOG_LINES_PER_MINUTE = 60
export const LOG_WINDOW_MS = 60_000
