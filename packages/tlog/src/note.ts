// Signed notes of c2sp.org/signed-note: text, a blank line, signature lines.
//   This is an example message.
//
//   — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3…
// A line holds base64(key id, 4 bytes ‖ signature). Until openNote returned, nothing in a note may
// be believed. See note.test.ts, with the bytes of the specification and of golang.org/x/mod.
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8, encodeUtf8View } from './bytes.ts'
import { TlogError } from './codes.ts'
import { isKeyName } from './key.ts'
import { MAX_NOTE_BYTES, MAX_NOTE_SIGNATURES } from './limits.ts'

/** One signature line. */
export interface NoteSignature {
  readonly name: string
  /** Unsigned 32-bit integer. */
  readonly keyId: number
  /** Without the key id. */
  readonly signature: Uint8Array
}

/** A note taken apart, nothing of it verified. */
export interface Note {
  /** Ends in a newline, which is signed too. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

export interface NoteSigner {
  readonly name: string
  readonly keyId: number
  /** The signature, without key id, over the UTF-8 bytes of a note's text: a view, not to keep. */
  sign(text: Uint8Array): Uint8Array
}

export interface NoteVerifier {
  readonly name: string
  readonly keyId: number
  /** Whether `signature` (attacker's bytes, any length) is this key's over the note's text. */
  verify(text: Uint8Array, signature: Uint8Array): boolean
}

export interface OpenedNote {
  readonly text: string
  /** By known keys, verified, each key once. Never empty. */
  readonly verified: readonly NoteSignature[]
  /** By unknown keys: they say nothing. */
  readonly unverified: readonly NoteSignature[]
}

const DASH = '— '

/** Writes a note. Errors: TLOG_NOTE_MALFORMED for anything that decodeNote would refuse. */
export function encodeNote(note: Note): Uint8Array {
  requireNoteText(note.text)
  return encodeUtf8(wholeText(note))
}

/** With its signatures; the caller has looked at the text. */
function wholeText({ text, signatures }: Note): string {
  if (signatures.length === 0) throw malformed('no signatures')
  if (signatures.length > MAX_NOTE_SIGNATURES) throw malformed('too many signatures')
  const whole = `${text}\n${signatures.map(signatureLine).join('')}`
  // A character of a string is three bytes at most.
  if (whole.length * 3 > MAX_NOTE_BYTES && encodeUtf8(whole).length > MAX_NOTE_BYTES) {
    throw malformed('too long')
  }
  return whole
}

/** Takes a note apart without verifying anything. Errors: TLOG_NOTE_MALFORMED. */
export function decodeNote(bytes: Uint8Array): Note {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed('too long')
  const whole = decodeUtf8(bytes)
  if (whole === undefined) throw malformed('not UTF-8')
  // The text may have blank lines itself; the last one ends it.
  const end = whole.lastIndexOf('\n\n')
  if (end < 0) throw malformed('no blank line')
  const text = whole.slice(0, end + 1)
  if (!isNoteText(text)) throw malformed('control characters')
  return { text, signatures: decodeSignatureLines(whole.slice(end + 2)) }
}

/**
 * Reads one or more signature lines, as they end a note and as a witness answers them
 * (c2sp.org/tlog-witness). Errors: TLOG_NOTE_MALFORMED.
 */
export function decodeSignatureLines(lines: string): NoteSignature[] {
  if (!lines.endsWith('\n')) throw malformed('the last signature line has no newline')
  const split = lines.slice(0, -1).split('\n', MAX_NOTE_SIGNATURES + 1)
  if (split.length > MAX_NOTE_SIGNATURES) throw malformed('too many signatures')
  return split.map(decodeSignatureLine)
}

/** Signs `text` with each signer, in order. Errors: TLOG_NOTE_MALFORMED, and the signers' own. */
export function signNote(text: string, signers: readonly NoteSigner[]): Uint8Array {
  return encodeUtf8(signNoteText(text, signers))
}

/** The same as text, of which a note is the UTF-8 bytes. */
export function signNoteText(text: string, signers: readonly NoteSigner[]): string {
  requireNoteText(text)
  const signatures = signers.map((signer) => ({
    name: signer.name,
    keyId: signer.keyId,
    signature: signer.sign(encodeUtf8View(text)),
  }))
  return wholeText({ text, signatures })
}

/**
 * Verifies a note against the keys one trusts. Lines of unknown keys are set aside; every line of a
 * known key must verify; at least one must be there. Errors: TLOG_NOTE_MALFORMED,
 * TLOG_SIGNATURE_INVALID, TLOG_NOTE_UNVERIFIED, TLOG_KEY_AMBIGUOUS.
 */
export function openNote(bytes: Uint8Array, verifiers: readonly NoteVerifier[]): OpenedNote {
  const known = new Map<string, NoteVerifier>()
  for (const verifier of verifiers) {
    if (known.has(keyOf(verifier))) throw new TlogError('TLOG_KEY_AMBIGUOUS', verifier.name)
    known.set(keyOf(verifier), verifier)
  }
  const { text, signatures } = decodeNote(bytes)
  const signed = encodeUtf8(text)
  // A Map, because a quorum counts keys: one key signing twice must not count as two.
  const verified = new Map<string, NoteSignature>()
  const unverified: NoteSignature[] = []
  for (const signature of signatures) {
    const key = keyOf(signature)
    const verifier = known.get(key)
    if (verifier === undefined) {
      unverified.push(signature)
    } else if (!verifier.verify(signed, signature.signature)) {
      throw new TlogError('TLOG_SIGNATURE_INVALID', verifier.name)
    } else if (!verified.has(key)) {
      verified.set(key, signature)
    }
  }
  if (verified.size === 0) throw new TlogError('TLOG_NOTE_UNVERIFIED')
  return { text, verified: [...verified.values()], unverified }
}

/** Name and id together identify a key; a name has no plus, so this is unambiguous. */
function keyOf({ name, keyId }: { name: string; keyId: number }): string {
  return `${name}+${keyId}`
}

function requireNoteText(text: string): void {
  if (isNoteText(text)) return
  throw malformed('the text must end in a newline, without control characters')
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && text.isWellFormed() && !/[\0-\x09\x0b-\x1f]/.test(text)
}

function signatureLine({ name, keyId, signature }: NoteSignature): string {
  if (!isKeyName(name) || signature.length === 0) throw malformed('a bad key name or signature')
  const bytes = new Uint8Array(4 + signature.length)
  for (let at = 0; at < 4; at++) bytes[at] = keyId >>> (24 - 8 * at)
  bytes.set(signature, 4)
  return `${DASH}${name} ${encodeBase64(bytes)}\n`
}

function decodeSignatureLine(line: string): NoteSignature {
  const space = line.indexOf(' ', DASH.length)
  if (!line.startsWith(DASH) || space < 0) throw malformed('not a signature line')
  const name = line.slice(DASH.length, space)
  const bytes = decodeBase64(line.slice(space + 1))
  if (!isKeyName(name) || bytes === undefined || bytes.length < 5) {
    throw malformed('a bad key name or signature')
  }
  const keyId = new DataView(bytes.buffer).getUint32(0)
  return { name, keyId, signature: bytes.slice(4) }
}

function malformed(detail: string): TlogError {
  return new TlogError('TLOG_NOTE_MALFORMED', detail)
}
