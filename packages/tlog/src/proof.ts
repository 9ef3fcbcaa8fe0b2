// Proof files of c2sp.org/tlog-proof: everything needed to check, offline and against keys one
// trusts, that an entry is in a log.
//   c2sp.org/tlog-proof@v1
//   extra aGVsbG8=                                   optional, not authenticated
//   index 73894
//   gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=     inclusion proof, from the leaf up
//   …                                                a blank line, then the signed checkpoint
// See proof.test.ts.
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from './bytes.ts'
import { checkInclusion } from './check.ts'
import { type OpenedCheckpoint, openCheckpoint, type TrustedLog } from './checkpoint.ts'
import { TlogError } from './codes.ts'
import { leafHash, type Sha256 } from './hash.ts'
import { HASH_BYTES, MAX_EXTRA_BYTES, MAX_NOTE_BYTES, MAX_PROOF_HASHES } from './limits.ts'
import { isTreeSize } from './tree.ts'

export interface Proof {
  /** Position of the entry in the log, from 0. */
  readonly index: number
  /** The inclusion proof: 32 bytes each, from the leaf's sibling up. */
  readonly hashes: readonly Uint8Array[]
  /** The signed note, verbatim. */
  readonly checkpoint: Uint8Array
  /** 1 to 65,535 opaque bytes. Nothing vouches for them. */
  readonly extra?: Uint8Array
}

export interface ProofClaim extends TrustedLog {
  readonly sha256: Sha256
  /** The text of the proof file. */
  readonly proof: string
  /** The bytes of the log entry that must be in the log. */
  readonly entry: Uint8Array
}

export interface CheckedProof {
  readonly index: number
  /** With the cosignatures that verified; counting them is the caller's policy. */
  readonly checkpoint: OpenedCheckpoint
  /** Still opaque, still not authenticated. */
  readonly extra?: Uint8Array
}

const HEADER = 'c2sp.org/tlog-proof@v1'

// Characters, checked before anything is parsed: header and index, extra, hashes, checkpoint.
const MAX_PROOF_LENGTH = 64 + (MAX_EXTRA_BYTES * 4) / 3 + MAX_PROOF_HASHES * 45 + MAX_NOTE_BYTES

/** Writes a proof file. Errors: TLOG_PROOF_MALFORMED for anything that decodeProof would refuse. */
export function encodeProof({ index, hashes, checkpoint, extra }: Proof): string {
  if (!isTreeSize(index)) throw malformed('the index is not an integer from 0 to 2^53 − 1')
  if (hashes.length > MAX_PROOF_HASHES) throw malformed('too many hashes')
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) throw malformed('a hash has not 32 bytes')
  if (extra !== undefined && (extra.length === 0 || extra.length > MAX_EXTRA_BYTES)) {
    throw malformed('extra data has 1 to 65,535 bytes')
  }
  const note = decodeUtf8(checkpoint)
  if (note === undefined || note === '' || checkpoint.length > MAX_NOTE_BYTES) {
    throw malformed('the checkpoint is not a note')
  }
  const lines = [HEADER]
  if (extra !== undefined) lines.push(`extra ${encodeBase64(extra)}`)
  lines.push(`index ${index}`, ...hashes.map(encodeBase64), '', note)
  return lines.join('\n')
}

/**
 * Reads a proof file without believing any of it: the checkpoint is not even looked into. Errors:
 * TLOG_PROOF_MALFORMED.
 */
export function decodeProof(text: string): Proof {
  // No line of the head is empty, so the first blank line is where the checkpoint starts.
  const end = text.indexOf('\n\n')
  if (text.length > MAX_PROOF_LENGTH || end < 0) throw malformed('too long, or no blank line')
  const lines = text.slice(0, end).split('\n', MAX_PROOF_HASHES + 4)
  if (lines.shift() !== HEADER) throw malformed(`the first line is not ${HEADER}`)
  const extra = lines[0]?.startsWith('extra ') ? decodeExtra(lines.shift()!) : undefined
  const digits = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1]
  const index = digits === undefined ? NaN : Number(digits)
  if (!isTreeSize(index)) throw malformed('no index')
  if (lines.length > MAX_PROOF_HASHES) throw malformed('too many hashes')
  const note = text.slice(end + 2)
  if (note === '' || !note.isWellFormed()) throw malformed('no checkpoint')
  const checkpoint = encodeUtf8(note)
  if (checkpoint.length > MAX_NOTE_BYTES) throw malformed('the checkpoint is too long')
  const proof = { index, hashes: lines.map(decodeHash), checkpoint }
  return extra === undefined ? proof : { ...proof, extra }
}

/**
 * Checks that `entry` is in the log, as the proof file says: the checkpoint is signed by the log
 * (see openCheckpoint) and its root covers the entry at the index. Errors: TLOG_PROOF_MALFORMED,
 * those of openCheckpoint, TLOG_PROOF_FAILED.
 */
export function checkProof({ sha256, proof, entry, ...log }: ProofClaim): CheckedProof {
  const { index, hashes, checkpoint: note, extra } = decodeProof(proof)
  const checkpoint = openCheckpoint(note, log)
  const { size, root } = checkpoint
  checkInclusion({ sha256, index, size, root, proof: hashes, leafHash: leafHash(sha256, entry) })
  return extra === undefined ? { index, checkpoint } : { index, checkpoint, extra }
}

function decodeExtra(line: string): Uint8Array {
  const extra = decodeBase64(line.slice('extra '.length))
  if (extra === undefined || extra.length === 0 || extra.length > MAX_EXTRA_BYTES) {
    throw malformed('bad extra data')
  }
  return extra
}

function decodeHash(line: string): Uint8Array {
  const hash = decodeBase64(line)
  if (hash?.length !== HASH_BYTES) throw malformed('a line is not a hash')
  return hash
}

function malformed(detail: string): TlogError {
  return new TlogError('TLOG_PROOF_MALFORMED', detail)
}
