// Every bound of the SDK, with the reason for it.

/** Records waiting in memory. At 1,000 requests a second that is 8 s without a receiver. */
export const queueRecordsMax = 8192

/** Bytes of those records, about 2 KiB each; the smaller of both bounds holds. */
export const queueBytesMax: number = 16 * 1024 * 1024

/**
 * Seconds. RFC 6750 section 5.3 asks for tokens of an hour or less, which many have a reason not to
 * keep; one that outlives a day outlives the work it was asked for.
 */
export const longLivedTokenS = 86_400

/** Seconds: times in tokens are whole ones, and one more may pass on the way. */
export const clockSkewMinS = 2

/** Records in one batch: FORMAT.md allows 1,024; 512 keeps one request near 512 KiB. */
export const batchRecordsMax = 512

/** Batches in one request, when many have piled up: as many as the receiver verifies at once. */
export const requestBatchesMax = 16

/** Bytes of a request that holds several batches. */
export const requestBytesMax: number = 1024 * 1024

/**
 * What is to be recorded waits at most this long, as facts, for others to be described with it, or
 * until there are so many: some hundred microseconds of work in between two requests.
 */
export const deferralMs = 50
export const deferredMax = 32

/** Bytes of a piece of memory that records wait in: some thirty of them. */
export const slabBytes: number = 64 * 1024

/** Such pieces that are kept for later: 2 MiB, a thousand records between two requests. */
export const slabsSpareMax = 32

/** A record waits at most this long for others to share its signature and request. */
export const tickIntervalMs = 100

/**
 * A batch whose receipt comes within this is never written to the disk; most receivers answer in
 * some milliseconds. With the two above, a record is safe from a kill 200 ms after what it tells
 * of.
 */
export const receiptPatienceMs = 50

/** FORMAT.md 2.3: a stream says that it lives each minute. */
export const heartbeatIntervalMs = 60_000

/**
 * Bytes of all spool folders of a service, unless GRANTLOG_SPOOL_BYTES says it: about 300,000
 * records, an hour at 80 a second; little beside what a service logs.
 */
export const spoolBytesDefault: number = 256 * 1024 * 1024

/** The least that a spool needs: below, one busy moment's batch would not fit. 0: no spool. */
export const spoolBytesMin: number = 64 * 1024

/** Refused batches may have this part of it: they must not take the room of new ones. */
export const refusedShare = 0.25

/** Bytes of one file of the spool. Files go whole: so much is sent again after a kill. */
export const segmentBytesMax: number = 1024 * 1024

/** A file has at most this part of its store's bytes: the last one stays when all is sent. */
export const segmentShare = 0.125

/** Bytes of batches in memory, the oldest; what comes behind them is on disk only. */
export const storeBytesMax: number = 4 * 1024 * 1024

/** Bytes on their way to the disk; beyond, records are not signed yet and wait in the queue. */
export const tailBytesMax: number = 1024 * 1024

/** Bytes read back from the disk at once. */
export const readBytesMax: number = 512 * 1024

/**
 * One call to the disk, as time in which the event loop has nothing else to do. One that takes
 * longer hangs, and records wait in memory.
 */
export const diskTimeoutMs = 10_000

/** After a failure the disk is tried again this often. */
export const spoolRetryMs = 30_000

/** How often the owner of a folder says that it lives, and dead ones are looked for. */
export const renewIntervalMs = 15_000

/** Without a word for so long the owner is dead, where the system does not know it exactly. */
export const leaseMs = 60_000

/** A folder that could not be sent is tried again after this. */
export const adoptRetryMs = 600_000

/** Folders looked at in one round, every 15 s; more are looked at when these are gone. */
export const adoptFoldersMax = 4096

/** Damaged folders may have this part of the spool's bytes: the room is for what can be sent. */
export const asideBytesShare = 0.125

/** A damaged folder is kept so long: 30 days, for somebody who comes back from a holiday. */
export const asideMaxMs = 2_592_000_000

/** Bytes of a file that says who owns a folder. */
export const ownerBytesMax = 1024

/** Longest wait before refused batches are sent again: a person enrols a key, and looks. */
export const refusalMaxMs = 900_000

/** So many batches refused in a row, and it is the receiver: the rest waits a while. */
export const refusalsInRowMax = 3

/**
 * Longest such wait, a heartbeat's: behind those that are refused there may be some that are not,
 * and only a try shows that the receiver takes them now.
 */
export const refusedPauseMaxMs = 60_000

/** So often without valid receipts, and a batch makes way for others. */
export const invalidTriesMax = 5

/** While a response waits for a receipt, the next try is at most this far away. */
export const waitedRetryMs = 1_000

/** Outcomes of batches that are remembered for those who ask late; some minutes of ticks. */
export const historyRangesMax = 1024

/** First wait before a batch is sent again; it doubles from there, with full jitter on its half. */
export const retryBaseMs = 500

/** Longest wait between two tries: a receiver that comes back is found within half a minute. */
export const retryMaxMs = 30_000

/** A longer Retry-After is cut to this: a wrong header must not silence the stream for a day. */
export const retryAfterMaxMs = 300_000

/** First wait before a refused batch is sent again; it doubles. A person has to enrol a key. */
export const refusalBaseMs = 30_000

/**
 * One request, to the last byte of its answer: the receiver answers after one fsync, so a longer
 * wait means that it hangs.
 */
export const requestTimeoutMs = 10_000

/**
 * Policies before the one in force that are kept for requests which began under them: each is there
 * for a minute at least, and takes 64 KiB at most.
 */
export const policiesBeforeMax = 4

/** The receiver is asked for its policy each minute: a question costs it about 100 µs. */
export const followIntervalMs = 60_000

/** A clock that is so much wrong is told; the receiver refuses proofs from five minutes on. */
export const clockSkewToldS = 60

/** Seconds before the end of the key from which on it is told: two days, one of them a workday. */
export const keyEndToldS: number = 2 * 86_400

/** Bytes of an answer; an ExportTraceServiceResponse and a proof are far smaller. */
export const responseBytesMax: number = 64 * 1024

/** Receipts in one answer: a batch is stored in a few runs; a verification costs 0.1 ms. */
export const receiptsMax = 16

/** How long the end of the process waits for the last batch. */
export const flushTimeoutMs = 2_000

/** How long stop() waits for requests that still run; what is left of the above is for sending. */
export const settleTimeoutMs = 1_000

/**
 * How long a response waits for a receipt (GRANTLOG_BLOCKING_TIMEOUT_MS): a receiver answers in
 * milliseconds and restarts within seconds, and the proxies in front of most services wait longer.
 */
export const blockingTimeoutMs = 5_000

/** Bounds of that: below it every pause of a disk would withhold, above it clients have left. */
export const blockingTimeoutRangeMs: readonly [number, number] = [50, 60_000]

/** How long one waits for the disk; one that needs longer than this hangs. */
export const spooledTimeoutMs = 1_000

/** `Retry-After` of a withheld response: most receivers that are gone are being restarted. */
export const withheldRetryAfterS = 5

/** After so many tries in a row without a valid consistency proof the operator is told. */
export const unprovenTriesMax = 3

/** The log is accused at most this often; a record of it makes the log grow. */
export const forkIntervalMs = 3_600_000

/** A consistency proof is fetched at most this often. */
export const consistencyIntervalMs = 60_000

/** The same notice is printed at most this often. */
export const noticeIntervalMs = 60_000

/** Keys in a credentials file that the one in use took the place of; `keys rotate` writes two. */
export const previousKeysMax = 8

/** Bytes of a credentials file; a real one has about 1 KiB. */
export const credentialsBytesMax: number = 64 * 1024

/** Items of a list attribute (scopes, audiences): attackers choose them; the rest is `...`. */
export const listItemsMax = 64

/**
 * One export of traces, tries and all; then, unlike records, they are given up. The 10 s that
 * OpenTelemetry allows are too long: while an export waits for its next try, the process goes on.
 */
export const traceExportTimeoutMs: number = flushTimeoutMs

/**
 * Characters of one text of a span that are searched for secrets; a longer one is redacted. A head
 * of HTTP has at most 16 KiB, and the worst that this many can be written to takes half a second.
 */
export const scrubbedCharsMax: number = 256 * 1024

/** Characters of a whole span that are searched; a span has up to 128 attributes and 128 events. */
export const scrubbedSpanCharsMax: number = 1024 * 1024

/** Lists and objects inside each other in an attribute's value; what is deeper is redacted. */
export const scrubbedDepthMax = 8

/** Characters of a token that is looked at; Node's limit of a request's head is 16 KiB. */
export const tokenLengthMax: number = 16 * 1024

/** Query parameters that are told; the rest is `...`. */
export const queryParametersMax = 16

/** Characters of a query parameter's name: in a longer one somebody may have put a secret. */
export const queryNameMax = 20

/** Characters of a `WWW-Authenticate` header that are looked at. */
export const challengeLengthMax: number = 8 * 1024

/** Actors in a chain of `act` claims; each is a service that passed a request on. */
export const actorsMax = 16

/** Items of a claim (audiences, roles, methods); one more than a record tells, so that it shows. */
export const claimItemsMax: number = listItemsMax + 1

/**
 * Bytes of a form that an HTTP client sends. A token request has 1 KiB, a token exchange with two
 * JWTs 8; of a longer one only its start is looked at.
 */
export const formBytesMax: number = 16 * 1024

/** Bytes of an answer to a client; a token response has 4 KiB. A larger one is not read. */
export const answerBytesMax: number = 64 * 1024

/** Exchanges kept of one call of a client library: a device that polls makes hundreds. */
export const exchangesMax = 8

/** How often is looked whether a client that has left was answered: Node tells of it nowhere. */
export const unansweredLookMs = 250

/** Such requests at once, some 10 kB each; of one more the oldest is recorded as it is. */
export const unansweredMax = 1024

/** How long a client may leave an answer unjudged before its record is made without that. */
export const pendingTimeoutMs = 10_000

/** Templates of routes that are kept in their parts; an application seldom has more. */
export const knownRoutesMax = 1024

/** Resource indicators that are kept as they are told; a server knows some APIs. */
export const knownResourcesMax = 256

/** Hashes of people, sessions and grants that are kept, some 200 KiB; then all are forgotten. */
export const knownPeopleMax = 1024

/** Characters of an identifier whose hash is kept; a longer one is rare, and may be anything. */
export const knownLengthMax = 256

/** Bytes of a certificate, key or token file: an authority's bundle of 150 has 220 KiB. */
export const accessFileBytesMax: number = 1024 * 1024

/** Those files are read again when they were read so long ago: Kubernetes renews in minutes. */
export const accessLookMs = 10_000

/** A requested token is asked for again so long before its end, or after half of a short life. */
export const tokenSpareMs = 60_000

/** The life of a token whose server does not say it (RFC 6749, 5.1). */
export const tokenUnknownMs = 300_000

/**
 * Codes and refresh tokens of which we know whom a library issued them for, each some 300 bytes:
 * the codes of ten minutes at 16 a second. Of older ones a record says less.
 */
export const issuedKnownMax = 10_000

/** How often is looked whether the enrolment of a service that enrolled itself ends soon. */
export const enrolLookMs = 3_600_000

/**
 * Seconds before its end from which on such a service asks for another term: the receiver grants
 * one when half of the 90 days is over, and so a month is left for whoever has to help.
 */
export const enrolSpareS: number = 40 * 86_400

/** Names of tools that servers of MCP in this process have told; some have hundreds. */
export const toolNamesMax = 4096

/**
 * Milliseconds that a request whose client has left is waited for: an action ends in seconds, and
 * one that never does is told as failed then.
 */
export const lateToldMs = 60_000
