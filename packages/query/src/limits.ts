// Limits of reading, each with its reason. Those on a backend hold because it is not trusted.

/** Records of one lineage: more cannot be drawn or read; the graph says that it was cut. */
export const MAX_LINEAGE_RECORDS = 2_000

/**
 * How long after its end a token must have been accepted to be flagged, ms. Clocks that are kept by
 * NTP differ by less; a verifier that tolerates more is what the flag is there to show.
 */
export const EXPIRY_LEEWAY_MS = 5_000

/**
 * How long before the first record of a grant its log-in may have been, ms: as long as people take
 * to consent. An earlier one was for something else.
 */
export const LOGIN_LEAD_MS = 600_000

/** How far apart two clocks may be for two records to be of one request, ms: as above. */
export const MAX_CLOCK_SKEW_MS = 5_000

/** Records whose traces are held in memory at once while a backend is compared. */
export const BATCH_RECORDS = 512

/** Requests to a Jaeger at once: enough to hide latency, too few to be a burden to it. */
export const CONCURRENT_REQUESTS = 8

/** One answer of a backend, decoded; a trace of 1,000 records is about 3 MB. */
export const MAX_ANSWER_BYTES: number = 64 * 1024 * 1024

/** Patience with one request, ms. */
export const REQUEST_TIMEOUT_MS = 60_000

/** Spans read of one answer: at 100 bytes each what MAX_ANSWER_BYTES can hold. */
export const MAX_ANSWER_SPANS = 500_000

/** Names read of one list of services or operations. */
export const MAX_NAMES = 10_000

/** Traces asked for at once in a search; a full answer makes the search halve its window. */
export const SEARCH_TRACES = 200

/** Searches for foreign spans in one verification; the report says when there were more. */
export const MAX_SEARCHES = 5_000

/** How far around the ledger's time foreign spans are searched, ns: clocks are a day off at most */
export const SEARCH_MARGIN_NS: bigint = 86_400_000_000_000n

/** Documents in one page of a search: a few MB at most when they are records. */
export const PAGE_DOCUMENTS = 1_000

/** Pages of one search of a search engine, 100 million documents; the report says when more. */
export const MAX_PAGES = 100_000

/** Indices behind one name: thirty years of one for each day. More buckets are refused anyway. */
export const MAX_INDICES = 10_000

/** How long a search engine keeps a search open between two pages, in its own notation. */
export const SEARCH_KEPT = '2m'

/** Foreign spans that are counted, and whose keys are held in memory; then the search ends. */
export const MAX_FOREIGN = 100_000

/** Foreign spans and unequal records told one by one; all are counted. */
export const MAX_TOLD = 1_000

/** Fields told of one altered record: a backend can add as many as it likes. */
export const MAX_TOLD_FIELDS = 64

/** Characters of a value of a backend that are told. */
export const MAX_TOLD_CHARACTERS = 200

/** Bytes of a line of an access log: servers cut request lines at 8 KiB. → malformed */
export const MAX_LINE_BYTES: number = 32 * 1024

/** Access logs read in one run, rotated ones included; the oldest are left out, loudly. */
export const MAX_LOG_FILES = 256

/** Route templates of one service; an application has hundreds. → RECONCILE_ROUTES */
export const MAX_ROUTES = 4_096

/** Lines or records sorted in memory at once, 48 bytes each; more go through files. */
export const SORT_ROWS = 262_144

/** Records whose requests run at one time, or lie within the tolerance. → RECONCILE_WINDOW */
export const MAX_WINDOW_RECORDS = 1_000_000

/** Pairs looked back at to tell which of equal lines has no record. */
export const PAIRS_KEPT = 512

/** Lines, records and streams told one by one in a report; all are counted. */
export const MAX_EXAMPLES = 1_000

/** Lines without a record that are compared again, when late records come. */
export const MAX_OPEN_LINES = 10_000

/** How long they are, ms: after so long a key's signature is late as well (FORMAT.md 3.4). */
export const OPEN_LINE_MS: number = 7 * 86_400_000

/**
 * How far the clocks of web server and application may be apart, ms, besides the whole second that
 * a log tells; as MAX_CLOCK_SKEW_MS.
 */
export const LINE_TOLERANCE_MS = 5_000

/** What is younger is compared in the next run, ms: its records may be on their way. */
export const OPEN_TAIL_MS: number = 5 * 60_000

/** Streams that are remembered from run to run; those closed and equal are not among them. */
export const MAX_STREAMS = 10_000

/** Characters of a query: what a page shows and a URL carries. → QUERY_TOO_LONG */
export const MAX_QUERY_CHARS = 2_000

/** Terms and values of a query, each of which costs a look at every record. → QUERY_TOO_LONG */
export const MAX_QUERY_TERMS = 100

/** Parentheses and negations inside each other. → QUERY_TOO_LONG */
export const MAX_QUERY_DEPTH = 20

/** Records of one chunk of the index: one pass over a column takes about 0.1 ms. */
export const CHUNK_ROWS = 65_536

/** Words of one column of the index; records that come with more have `…`. */
export const MAX_COLUMN_TERMS = 1_000_000

/** Characters of all words of one column, up to 32 MB: strangers choose some of them. */
export const MAX_COLUMN_UNITS: number = 16 * 1024 * 1024

/** Memory for columns of the index that were read lately, bytes. */
export const COLUMN_CACHE_BYTES: number = 256 * 1024 * 1024

/** One part of a chunk of the index, unpacked, bytes: all words of a column, six for each unit. */
export const MAX_PART_BYTES: number = 128 * 1024 * 1024

/** Chunks looked through before others get their turn: about 5 ms. */
export const SWEEP_CHUNKS = 8

/** Work on a query before others get their turn, ms: a live page does not show it. */
export const TURN_MS = 5

/** Words tested before the clock is looked at: some 10 µs, of long ones 1 ms. */
export const WORDS_AT_ONCE = 256

/** Values of a pseudonym counted one by one, 100 MB; those that come later are counted together. */
export const MAX_FACET_PRINTS = 1_000_000

/** Series of a histogram: more cannot be told apart in a picture. */
export const MAX_HISTOGRAM_SERIES = 8

/** Records of commits that were read lately and stay in memory, about 3 KB each. */
export const FRAME_CACHE_ENTRIES = 16_384

/** A service may send the record of a log-in so much earlier than others that of its grant. */
export const LATE_LOGIN_MS = 3_600_000

/** Records read to find those of one lineage: all of one grant, and of sessions that share it. */
export const MAX_LINEAGE_CANDIDATES = 10_000

/** How often a reading process looks for what was committed, ms: a live page shows it so late. */
export const FOLLOW_INTERVAL_MS = 250

/** The same while none come, ms: the system tells of one, but not all file systems do. */
export const QUIET_INTERVAL_MS = 1_000

/** Newest tokens, and newest sessions, that are told as alive or ended: a second's reading. */
export const MAX_ALIVE = 1_000

/** Records of those that are counted as uses. */
export const MAX_USES = 200_000

/** Newest records that ended tokens and are looked at. */
export const MAX_REVOCATIONS = 2_000

/** Uses received after a token's end that are read to learn when they began; no more are told. */
export const MAX_LATE_USES = 2_000

/** Clients or roles in a table of scopes; those with most records. */
export const MAX_SCOPE_ROWS = 200

/** Words of one column of a chunk whose counts are remembered: 32 KB for a chunk and column. */
export const MAX_WHOLE_COUNTS = 4_096

/** Characters of an export that are written at once. */
export const EXPORT_PART_BYTES: number = 64 * 1024
