/**
 * Secrets of OAuth in texts that somebody else wrote: by the name of what carries them, and by
 * their form (RFC 9700 section 4.2.4, RFC 6750 section 5.3). The SDK scrubs spans with it, the
 * receiver log records.
 *
 * Pure. See scrub/text.test.ts, and packages/sdk/src/scrub.test.ts.
 *
 * @module
 */
export { type SecretNames, secretNames, type Secrecy } from './scrub/names.ts'
export { isRandomId } from './scrub/random-text.ts'
export { REDACTED } from './scrub/redacted.ts'
export { createTextScrubber, type ScrubText } from './scrub/text.ts'
