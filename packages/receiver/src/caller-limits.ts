// Limits of who may send: tokens, proofs, certificates, and keys that a token enrols. As limits.ts.

/** Bytes of an access token; one with 100 groups has 4 KiB. → 401 */
export const MAX_TOKEN_BYTES = 8_192

/** Seconds by which the time of a DPoP proof may differ from ours: it is made for one request. */
export const DPOP_SKEW_S = 60

/**
 * DPoP proofs remembered until their time would refuse them, 200 B each: 1,000 requests in a second
 * for two minutes. → 503
 */
export const MAX_DPOP_PROOFS_KEPT: number = 128 * 1024

/** Of one client: no other is kept out by one that asks often. → 503 */
export const MAX_DPOP_PROOFS_OF_CLIENT: number = MAX_DPOP_PROOFS_KEPT / 8

/** Characters of a proof's `jti`; a UUID has 36. */
export const MAX_DPOP_JTI_CHARACTERS = 128

/** Verified tokens remembered, about 300 B each; the oldest is forgotten, and verified again. */
export const MAX_TOKENS_KEPT = 4_096

/** Bytes of an issuer's metadata and keys, and keys: those of large issuers have 20 and 30 KiB. */
export const MAX_ISSUER_ANSWER_BYTES: number = 256 * 1024
export const MAX_ISSUER_KEYS = 100

/** Seconds that clocks may differ, when an issuer has no `leewayS`. */
export const TOKEN_LEEWAY_S = 30

/** Characters of a caller's name: a URL fits. A token with a longer one is refused. */
export const MAX_CALLER_CHARACTERS = 200

/** Issuers and certificates in the configuration: what a person writes. */
export const MAX_ISSUERS = 100
export const MAX_CERTIFICATE_CALLERS = 10_000

/** Bytes of a PEM file: a bundle of 150 authorities has 220 KiB. → RECEIVER_TLS_INVALID */
export const MAX_PEM_BYTES: number = 1024 * 1024

/** Days before its end from which on a certificate's age is told, daily. */
export const TLS_EXPIRES_DAYS = 14

/** Milliseconds between two log lines of one reason why somebody may not send. */
export const REFUSED_CALLER_TOLD_MS = 60_000

/** Bytes of a request to enrol a key: two signatures of 2,048 characters. → 413 */
export const MAX_ENROL_BYTES = 6_144

/** Days for which a key may sign that a token enrolled; then it enrols another one. */
export const ASSERTED_DAYS = 90

/** Days before its end from which on such a key, which nothing replaced, gets another term. */
export const ASSERTED_RENEWED_DAYS = 45

/** Seconds before its enrolment from which on such a key may have signed: clocks differ. */
export const ASSERTED_SKEW_S = 300

/** Clients of an issuer that may enrol keys: what a person writes. */
export const MAX_ENROLLING_CLIENTS = 1_000
