// Limits of the console's API, each with its reason. A request over one is answered with the code.

/** Records of one page. → CONSOLE_PARAMETER_INVALID */
export const MAX_PAGE_RECORDS = 200

/** Facets of one answer: each is one more look at all that matches. → CONSOLE_PARAMETER_INVALID */
export const MAX_FACETS = 16

/** Values of one facet. → CONSOLE_PARAMETER_INVALID */
export const MAX_FACET_VALUES = 50

/** Bars of a histogram: about one for every four pixels. → CONSOLE_PARAMETER_INVALID */
export const MAX_BUCKETS = 300

/** Live streams at once: each looks at every new record. → CONSOLE_BUSY */
export const MAX_LIVE_STREAMS = 32

/** Records sent at once on a live stream; what is older is told as a gap. */
export const MAX_LIVE_BURST = 200

/** A live stream says where it is, ms: proxies and browsers close what is silent longer. */
export const LIVE_POSITION_MS = 10_000

/** Records behind which a reconnecting stream begins anew, with a gap. */
export const MAX_LIVE_RESUME = 10_000

/** Bytes of a request's body: a query and two words. → CONSOLE_BODY_REFUSED */
export const MAX_BODY_BYTES = 8_192

/** Milliseconds in which it must be there. → CONSOLE_BODY_REFUSED */
export const MAX_BODY_MS = 3_000

/** Suggestions of one completion. */
export const MAX_SUGGESTIONS = 20

/** Requests whose answers are being made at once: each may look at every record. → CONSOLE_BUSY */
export const MAX_REQUESTS = 64

/** Patience with the receiver, ms: a page that shows its health must not hang with it. */
export const RECEIVER_TIMEOUT_MS = 2_000

/** Rows of tokens or sessions of one page. → CONSOLE_PARAMETER_INVALID */
export const MAX_ALIVE_ROWS = 200

/** How long what was found of tokens is told again, ms: longer than it takes, too short to see. */
export const ALIVE_FRESH_MS = 2_000

/** Findings of rules in one answer; all are counted. */
export const MAX_FINDING_ROWS = 200

/** Streams told of a log. */
export const MAX_STREAMS = 200

/** Findings of a verification that are told; all are counted. */
export const MAX_FINDINGS = 200

/** Bytes of one export: what a browser still takes well; `grantlog export` has no bound. */
export const MAX_EXPORT_BYTES: number = 1024 * 1024 * 1024

/** Exports that are made or kept at once. → CONSOLE_BUSY */
export const MAX_EXPORTS = 4

/** How long an export is kept, ms: long enough to fetch it. */
export const EXPORT_KEPT_MS: number = 15 * 60_000

/** How long the console waits for a command that writes the index, ms: most take a second. */
export const INDEX_PATIENCE_MS = 5_000

/** Characters of a service's name. */
export const MAX_SERVICE_CHARS = 256
