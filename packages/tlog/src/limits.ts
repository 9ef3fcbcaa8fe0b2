// Every limit of @grantlog/tlog: unit, reason, and the error raised beyond it. Each is tested at
// the limit and at the limit + 1.

/** Bytes of a SHA-256 hash, the only hash of C2SP logs. */
export const HASH_BYTES = 32

/**
 * Leaves in a tree. Sizes are plain numbers, so the limit is the largest exact integer, 2^53 − 1;
 * at a million leaves a second it is reached after 285 years. → TLOG_RANGE_INVALID
 */
export const MAX_TREE_SIZE: number = Number.MAX_SAFE_INTEGER

/**
 * Hashes in an inclusion or consistency proof. c2sp.org/tlog-witness allows 63; a tree of 2^53 − 1
 * leaves needs 54. → TLOG_PROOF_FAILED, in a proof file TLOG_PROOF_MALFORMED
 */
export const MAX_PROOF_HASHES = 63

/** Signatures of a note. The spec asks for at least 16; a busy witness network stays below 64. */
export const MAX_NOTE_SIGNATURES = 64

/**
 * Bytes of a whole signed note: 64 post-quantum signatures of 5 kB in base64 (430 kB) and as much
 * text again. Checked before anything is parsed. → TLOG_NOTE_MALFORMED
 */
export const MAX_NOTE_BYTES = 1_048_576

/**
 * UTF-8 bytes of a checkpoint's origin and of a verifier key's name: c2sp.org/tlog-cosignature puts
 * both in fields of 1 to 255 bytes. → TLOG_CHECKPOINT_MALFORMED, TLOG_KEY_MALFORMED
 */
export const MAX_ORIGIN_BYTES = 255

/** Bytes of one log entry: a bundle's length prefix is a uint16. → TLOG_ENTRIES_MALFORMED */
export const MAX_ENTRY_BYTES = 65_535

/** Bytes of the `extra` field of a proof file: one entry's worth. → TLOG_PROOF_MALFORMED */
export const MAX_EXTRA_BYTES = 65_535

/** Highest tile level a path can name (c2sp.org/tlog-tiles). → TLOG_TILE_MALFORMED */
export const MAX_TILE_LEVEL = 63

/** Tiles a reader keeps, the last used: 64 × 8 KiB = 512 KiB. One proof needs at most 14. */
export const MAX_CACHED_TILES = 64
