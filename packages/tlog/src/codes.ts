// The closed set of error codes of @grantlog/tlog. README.md lists the same codes; codes.test.ts
// fails when the two differ, or when a code is never raised.

/** Every error code of this package and what it means. The list is closed. */
export const TLOG_CODES = {
  TLOG_RANGE_INVALID: 'an index, size, level or width is outside what the tree or format allows',
  TLOG_HASH_MALFORMED: 'a hash is not 32 bytes, or the hashes do not fit the tree size',
  TLOG_KEY_MALFORMED: 'a verifier key or key name breaks the signed-note rules',
  TLOG_KEY_AMBIGUOUS: 'two configured verifiers have the same name and key id',
  TLOG_NOTE_MALFORMED: 'the bytes are not a signed note',
  TLOG_NOTE_UNVERIFIED: 'no known key signed the note',
  TLOG_SIGNATURE_INVALID: 'a known key is named, but its signature does not verify',
  TLOG_CHECKPOINT_MALFORMED: 'the note text is not a checkpoint',
  TLOG_CHECKPOINT_ORIGIN: 'the checkpoint is of another log',
  TLOG_TILE_MALFORMED: 'a tile or a tile path is not well formed',
  TLOG_ENTRIES_MALFORMED: 'an entry bundle is not well formed',
  TLOG_PROOF_MALFORMED: 'the text is not a c2sp.org/tlog-proof@v1',
  TLOG_PROOF_FAILED: 'the proof does not hold',
} as const

export type TlogCode = keyof typeof TLOG_CODES

/** The one error class of this package. Branch on `code`; the message is for people. */
export class TlogError extends Error {
  readonly code: TlogCode

  constructor(code: TlogCode, detail?: string) {
    super(detail === undefined ? TLOG_CODES[code] : `${TLOG_CODES[code]}: ${detail}`)
    this.name = 'TlogError'
    this.code = code
  }
}

/**
 * The error of every proof that does not hold. It takes no detail: which step failed would tell an
 * attacker how close a forgery came, and would tempt callers to treat some failures as harmless.
 */
export function proofFailed(): TlogError {
  return new TlogError('TLOG_PROOF_FAILED')
}
