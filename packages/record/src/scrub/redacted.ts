/** What stands in the place of a secret. The word of the semantic conventions for URLs. */
export const REDACTED = 'REDACTED'
