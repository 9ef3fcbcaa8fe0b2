// Checkpoints of c2sp.org/tlog-checkpoint: a signed note whose text is
//   example.com/behind-the-sofa                      origin: which log
//   20852163                                         leaves in the tree
//   CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=     root hash
// See checkpoint.test.ts, which reproduces those bytes.
import { decodeBase64, encodeBase64, encodeUtf8 } from './bytes.ts'
import { TlogError } from './codes.ts'
import { HASH_BYTES, MAX_ORIGIN_BYTES } from './limits.ts'
import {
  type NoteSignature,
  type NoteSigner,
  type NoteVerifier,
  openNote,
  signNote,
} from './note.ts'
import { isTreeSize } from './tree.ts'

export interface Checkpoint {
  /** Which log: 1 to 255 bytes of UTF-8, by custom a URL without scheme. */
  readonly origin: string
  /** Leaves in the tree. */
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Further lines, kept but not understood. The spec advises against them; we write none. */
  readonly extensions?: readonly string[]
}

export interface TrustedLog {
  readonly origin: string
  /** The log's own keys: at least one must have signed. */
  readonly verifiers: readonly NoteVerifier[]
  /** Keys of witnesses. How many must have signed is the caller's policy. */
  readonly witnesses?: readonly NoteVerifier[]
}

export interface OpenedCheckpoint extends Checkpoint {
  readonly extensions: readonly string[]
  /** The signed text, for whoever cosigns it. */
  readonly text: string
  /** By the log, verified, at least one. */
  readonly signatures: readonly NoteSignature[]
  /** By witnesses, verified, each witness once. */
  readonly cosignatures: readonly NoteSignature[]
}

/** The text of a checkpoint, ready to sign. Errors: TLOG_CHECKPOINT_MALFORMED. */
export function encodeCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  if (!isOrigin(origin)) throw malformed('the origin is empty, too long or not one line')
  if (!isTreeSize(size)) throw malformed('the size is not an integer from 0 to 2^53 − 1')
  if (root.length !== HASH_BYTES) throw malformed('the root has not 32 bytes')
  if (!extensions.every(isLine)) throw malformed('an extension is empty or not one line')
  return [origin, String(size), encodeBase64(root), ...extensions, ''].join('\n')
}

/**
 * Reads the text of a checkpoint; exactly what encodeCheckpoint would write is accepted. Errors:
 * TLOG_CHECKPOINT_MALFORMED.
 */
export function decodeCheckpoint(text: string): Checkpoint & { extensions: readonly string[] } {
  if (!text.endsWith('\n')) throw malformed('no newline at the end')
  const [origin, digits, base64, ...extensions] = text.slice(0, -1).split('\n')
  if (origin === undefined || !isOrigin(origin)) throw malformed('no origin')
  const size = digits !== undefined && /^(0|[1-9]\d{0,15})$/.test(digits) ? Number(digits) : NaN
  if (!isTreeSize(size)) throw malformed('no tree size')
  const root = decodeBase64(base64 ?? '')
  if (root?.length !== HASH_BYTES) throw malformed('no root hash')
  if (!extensions.every(isLine)) throw malformed('an extension is empty')
  return { origin, size, root, extensions }
}

/**
 * Signs a checkpoint. Never sign one that is not consistent with all signed before. Errors:
 * TLOG_CHECKPOINT_MALFORMED, TLOG_NOTE_MALFORMED without signers, and the signers' own.
 */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): Uint8Array {
  return signNote(encodeCheckpoint(checkpoint), signers)
}

/**
 * Opens a signed checkpoint of one log: a key of the log must have signed it (witnesses alone are
 * not enough), and its origin must be the expected one, or another log's checkpoint signed with the
 * same key would pass. Errors: as openNote, TLOG_CHECKPOINT_MALFORMED, TLOG_CHECKPOINT_ORIGIN.
 */
export function openCheckpoint(bytes: Uint8Array, log: TrustedLog): OpenedCheckpoint {
  const { origin, verifiers, witnesses = [] } = log
  const { text, verified } = openNote(bytes, [...verifiers, ...witnesses])
  const checkpoint = decodeCheckpoint(text)
  if (checkpoint.origin !== origin) throw new TlogError('TLOG_CHECKPOINT_ORIGIN', origin)
  const byLog = (signature: NoteSignature): boolean =>
    verifiers.some(({ name, keyId }) => name === signature.name && keyId === signature.keyId)
  const signatures = verified.filter(byLog)
  if (signatures.length === 0) throw new TlogError('TLOG_NOTE_UNVERIFIED', 'not signed by the log')
  return { ...checkpoint, text, signatures, cosignatures: verified.filter((one) => !byLog(one)) }
}

function isOrigin(line: string): boolean {
  return isLine(line) && encodeUtf8(line).length <= MAX_ORIGIN_BYTES
}

function isLine(line: string): boolean {
  return line !== '' && line.isWellFormed() && !/[\0-\x1f]/.test(line)
}

function malformed(detail: string): TlogError {
  return new TlogError('TLOG_CHECKPOINT_MALFORMED', detail)
}
