// Limits of reading the file with the policy for the services; MAX_POLICY_BYTES is in limits.ts.

/** Milliseconds of reading it, in a thread of its own: one at its limits takes one second. */
export const POLICY_READ_TIMEOUT_MS = 30_000

/** Milliseconds in which a copy onto it may still be on its way: see WatchOptions. */
export const POLICY_FRESH_MS = 2_000

/** Looks at a start, while somebody writes the file: of half a second each. */
export const FRESH_LOOKS_MAX = 20
