// Limits of what becomes of detections, each with its reason. Whoever sends records can make rules
// fire: neither leaves, nor alerts, nor memory may grow with that.

/** Time by the receiver's clock that one finding takes in, ms: what comes later is another. */
export const GROUP_WINDOW_MS = 3_600_000

/** Findings that are open to take in more, at once; the oldest is let go. About 3 KB each. */
export const MAX_OPEN_GROUPS = 10_000

/** Findings of one rule within a window; further groups are counted in one finding for all. */
export const MAX_RULE_FINDINGS = 100

/**
 * Findings in the queue; the oldest that are decided go first, then the oldest. About 2 KB each.
 */
export const MAX_FINDINGS = 10_000

/** Silences that are remembered; those that are over go first. */
export const MAX_SILENCES = 1_000

/** Changes that are told of a finding; the first of them are let go. All are in the ledger. */
export const MAX_CHANGES = 20

/** What was told of a finding that is not there yet: it comes when that does. */
export const MAX_EARLY = 1_000

/** Files that wait for the receiver; as long as there are more, nothing further is looked at. */
export const MAX_WAITING_HANDOVERS = 256

/**
 * Between two writings of the queue, ms: so many commits a reader of it has to go through. Of all
 * time it takes this part at most: then a large one is written less often.
 */
export const QUEUE_INTERVAL_MS = 15_000
export const QUEUE_SHARE = 0.02

/**
 * Between two snapshots of what is known, ms. One is made when looking has taken so long that it
 * is this part of it: what a restart looks at again takes as long. By time alone it would be most
 * of what detection costs, where little comes and much is known.
 */
export const STATE_INTERVAL_MS = { least: 15_000, most: 3_600_000 }
export const STATE_SHARE = 0.04

/** Between two looks while commits come, ms: a part of the time from a record to its alert. */
export const LOOK_INTERVAL_MS = 100

/** Between two looks while none come, ms: the system tells of one, but not all file systems do. */
export const QUIET_LOOK_MS = 1_000

/** Bytes of a snapshot, before compression; a larger one is not kept, and told. */
export const MAX_SNAPSHOT_BYTES: number = 256 * 1024 * 1024

/** Alerts that wait for a channel; the oldest are dropped, and counted. */
export const MAX_WAITING_ALERTS = 10_000

/** Alerts of one delivery, where a channel takes several. */
export const MAX_ALERTS_AT_ONCE = 100

/**
 * Octets of a message of syslog: receivers should take as many (RFC 5425 4.3.1), and rsyslog does
 * by default. Of each value in it so many characters.
 */
export const MAX_SYSLOG_BYTES = 8_192
export const MAX_SYSLOG_VALUE_CHARS = 256

/** Deliveries of a channel within a minute; what is beyond waits. */
export const MAX_DELIVERIES_PER_MINUTE = 60

/** An answer is waited for so long, ms. */
export const DELIVERY_TIMEOUT_MS = 10_000

/** Pauses after a failed delivery, ms: the first, doubled up to the longest. */
export const RETRY_MS = { first: 1_000, most: 300_000 }

/** Failed deliveries in a row after which the channel itself is a finding. */
export const FAILURES_TOLD = 5

/**
 * Findings whose records are older are not sent, nor older decisions, ms: nobody needs to be woken
 * for last year.
 */
export const MAX_ALERT_AGE_MS = 86_400_000
