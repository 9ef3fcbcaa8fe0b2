// Note signatures of type 0x01 (c2sp.org/signed-note): Ed25519 over the note's text. The curve is
// injected (node:crypto, WebCrypto behind a synchronous wrapper, @noble/curves). See note.test.ts.
import { TlogError } from './codes.ts'
import type { Sha256 } from './hash.ts'
import { KEY_TYPE_ED25519, noteKeyId, parseVkey } from './key.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'

/** Bytes of an Ed25519 signature (RFC 8032). */
export const ED25519_SIGNATURE_BYTES = 64

/**
 * Pure Ed25519 (RFC 8032): 32-byte key, message, 64-byte signature. Verdicts on small-order and
 * non-canonical keys differ between libraries, so refuse such keys when you enrol them.
 */
export type Ed25519Verify = (
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
) => boolean

/** A private key at work: its public half, its name, and how to sign with it. */
export interface Ed25519Key {
  readonly name: string
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** Returns 64 bytes. The private key stays with the caller. */
  readonly sign: (data: Uint8Array) => Uint8Array
}

/** A signer of type 0x01. Errors: TLOG_KEY_MALFORMED. */
export function ed25519Signer(key: Ed25519Key, sha256: Sha256): NoteSigner {
  const { name, publicKey, sign } = key
  const keyId = noteKeyId({ name, type: KEY_TYPE_ED25519, publicKey }, sha256)
  return { name, keyId, sign }
}

/** A verifier for a vkey of type 0x01. Errors: TLOG_KEY_MALFORMED, for another type too. */
export function ed25519Verifier(vkey: string, sha256: Sha256, verify: Ed25519Verify): NoteVerifier {
  const { name, keyId, type, publicKey } = parseVkey(vkey, sha256)
  if (type !== KEY_TYPE_ED25519) throw new TlogError('TLOG_KEY_MALFORMED', 'not of type 0x01')
  return {
    name,
    keyId,
    verify: (text, signature) =>
      signature.length === ED25519_SIGNATURE_BYTES && verify(publicKey, text, signature),
  }
}
