// Limits of the detectors of the protocol, each with its reason. What they hold is about 0.2 KB an
// entry; who comes back after an eviction is new again, so too few means missed, never a false
// alarm.

/**
 * Grants whose codes, scopes and refresh tokens are followed: those of an hour of a busy server.
 */
export const MAX_GRANTS = 100_000

/** Tokens whose grant and end are known: they live for minutes. */
export const MAX_TOKENS = 200_000

/** Clients, services, issuers, audiences, hosts. */
export const MAX_PARTIES = 10_000

/** Users whose identifier may be that of a client, as hashes. */
export const MAX_USERS = 100_000

/** Values that are remembered of one entity; one that has more is told by none of them. */
export const MAX_KNOWN = 16

/** Codes of one grant that wait to be redeemed. */
export const MAX_CODES = 16

/** Scopes that are remembered of one grant. */
export const MAX_SCOPES = 64

/**
 * How long a client may repeat a request whose answer it did not get, ms: two tabs, or a connection
 * that broke. RFC 9700 4.14.2 leaves the length to the server; Auth0 and Okta allow 60 s at most.
 */
export const RETRY_MS = 10_000

/**
 * How long the same client at the same place may redeem its code again where that is let in, ms.
 */
export const CODE_RETRY_MS = 60_000

/** What verifiers allow for clocks that differ, ms; jose and others are often set to a minute. */
export const EXPIRY_LEEWAY_MS = 60_000

/** How often a pair must have been seen before another one is strange. */
export const MIN_SEEN = 3

/** Exchanges of a client before a new actor in one of them is strange. */
export const MIN_EXCHANGES = 20

/** Tokens of a client before its first privileged scope is strange. */
export const MIN_TOKENS = 20

/** How long a change of a registration makes a new redirect host strange, ms. */
export const CHANGED_MS: number = 7 * 86_400_000
