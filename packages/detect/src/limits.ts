// Limits of detection, each with its reason. Rules come from an operator or a rule set, events from
// signed records: neither may make the engine grow or stop.

/** Bytes of a rule file: the largest public rule is below 100 KB. → RULE_TOO_LARGE */
export const MAX_RULE_BYTES: number = 128 * 1024

/** Nesting of a rule file: the reader of YAML is recursive. → RULE_TOO_LARGE */
export const MAX_RULE_DEPTH = 16

/** Rules, correlations and filters in one file. → RULE_TOO_LARGE */
export const MAX_FILE_RULES = 100

/** Rules, correlations and filters in force at once; events are asked of all that may match. */
export const MAX_RULES = 5_000

/** Values of one field, keywords of one list, and maps of one: public rules have 3,000. */
export const MAX_VALUES = 4_096

/** Search identifiers of one rule. → RULE_TOO_LARGE */
export const MAX_SELECTIONS = 256

/** Characters of a condition. → RULE_TOO_LARGE */
export const MAX_CONDITION_CHARS = 4_096

/** Parentheses and negations inside each other in a condition. → RULE_TOO_LARGE */
export const MAX_CONDITION_DEPTH = 32

/** Characters of one value; an attribute has at most 1,024 bytes. → RULE_TOO_LARGE */
export const MAX_VALUE_CHARS = 1_024

/** Characters of a regular expression; matching is linear in them. → RULE_REGEX */
export const MAX_REGEX_CHARS = 512

/** Dashes of a value that `windash` makes five of each: 125 values. → RULE_VALUE */
export const MAX_WINDASHES = 3

/** Characters of an event's value that are looked at: more than a record's attribute may have. */
export const MAX_MATCHED_CHARS = 4_096

/** Rules that one correlation refers to: they are bits of a number. → RULE_TOO_LARGE */
export const MAX_CORRELATED_RULES = 16

/** Fields in group-by, and fields whose values are counted together. → RULE_TOO_LARGE */
export const MAX_GROUP_FIELDS = 8

/** Correlations above each other. → RULE_REFERENCE */
export const MAX_CORRELATION_DEPTH = 4

/** Window of a correlation, ms: a quarter of a year. → RULE_VALUE */
export const MAX_TIMESPAN_MS: number = 92 * 86_400_000

/**
 * Groups that all correlations of a detector hold together, each its equal share, so that a flood
 * in one takes nothing from the others. About 0.7 KB each; bench/sigma.ts measures it.
 */
export const MAX_GROUPS = 100_000

/** Events that all correlations hold together, in equal shares. About 0.2 KB each. */
export const MAX_HELD_EVENTS = 500_000

/**
 * Events of one group in one window; the oldest are let go, and counted. A threshold that needs
 * more is refused at load. → RULE_VALUE
 */
export const MAX_GROUP_EVENTS = 1_024

/** Groups that one event is counted in, where its field is a list: a log-out ends few grants. */
export const MAX_EVENT_GROUPS = 16

/**
 * How long after the others an event of a group may come to be counted, ms: a producer's spool is
 * sent as soon as the receiver answers.
 */
export const LATE_ALLOWANCE_MS = 600_000

/**
 * Streams whose numbers are watched at once, about 0.2 KB each; the one that was touched longest
 * ago is forgotten first, and nothing is missed of it from then on.
 */
export const MAX_WATCHED_STREAMS = 10_000

/**
 * Holes of streams that may close yet, about 0.2 KB each; the oldest of the stream that makes one
 * more is let go.
 */
export const MAX_HOLES = 1_000

/**
 * Short hashes, and programs of user agents, that are remembered: who is there is so for some
 * requests. About 0.2 KB each.
 */
export const MAX_REMEMBERED = 4_096

/** How far an event's own time may be ahead of the receiver's, ms; beyond, the receiver's holds. */
export const MAX_CLOCK_AHEAD_MS = 60_000

/** Records that one detection names: as many as a person looks at. */
export const MAX_DETECTION_RECORDS = 32

/** Detections of one event; more are counted and dropped. */
export const MAX_EVENT_DETECTIONS = 64

/** Bytes of a rule's fixture: some thousand events. → RULE_TOO_LARGE */
export const MAX_FIXTURE_BYTES: number = 16 * 1024 * 1024

/** Characters of a line of events: a record has about 3 KB. → EVENT_MALFORMED */
export const MAX_EVENT_CHARS: number = 256 * 1024

/**
 * What Sigma rules decided is remembered: rules that are open or hold, over all forks. About 0.1 KB
 * each. All combinations that a service makes are some hundreds.
 */
export const MAX_DECISIONS = 65_536

/** Values of fields that lead to what was decided, over all forks; about 0.1 KB each. */
export const MAX_DECISION_VALUES = 16_384

/** Of one fork: a field with more of them, such as an address, is asked about each time. */
export const MAX_FORK_VALUES = 64

/** Characters of a value that is remembered. */
export const MAX_REMEMBERED_CHARS = 256

/**
 * Events before decisions that are full begin anew: growing them costs some times what asking each
 * rule does, and who sends every combination must not make it happen for each event.
 */
export const REGROW_EVENTS = 100_000
