// Verifier keys and key ids of c2sp.org/signed-note: a key is configured as one line,
//   example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
//   name           +key id  +base64(type ‖ public key)
// See key.test.ts, which reproduces that line.
import { concatBytes, decodeBase64, encodeBase64, encodeUtf8 } from './bytes.ts'
import { TlogError } from './codes.ts'
import type { Sha256 } from './hash.ts'
import { MAX_ORIGIN_BYTES } from './limits.ts'

/** Signature type 0x01: Ed25519 over the note text. */
export const KEY_TYPE_ED25519 = 0x01
/** Signature type 0x04: Ed25519 cosignature/v1 with a timestamp (c2sp.org/tlog-cosignature). */
export const KEY_TYPE_COSIGNATURE = 0x04

const ED25519_KEY_BYTES = 32

/** A public key under a name. Name, type and key together make the key id. */
export interface NoteKey {
  readonly name: string
  /** Signature type identifier byte. */
  readonly type: number
  /** Encoded as the type asks: 32 bytes for 0x01 and 0x04. */
  readonly publicKey: Uint8Array
}

/** Whether a signature line may carry this name: not empty, no Unicode space, no plus. */
export function isKeyName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\p{White_Space}\0-\x1f+]/u.test(name)
}

/**
 * The key id, an unsigned 32-bit integer: the first four bytes, big-endian, of
 * SHA-256(name ‖ 0x0A ‖ type ‖ public key). It tells keys apart and authenticates nothing.
 * Errors: TLOG_KEY_MALFORMED.
 */
export function noteKeyId(key: NoteKey, sha256: Sha256): number {
  requireKey(key)
  const head = encodeUtf8(`${key.name}\n`)
  const digest = sha256(concatBytes(head, Uint8Array.of(key.type), key.publicKey))
  return new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0)
}

/** Writes a key as a vkey line. Errors: TLOG_KEY_MALFORMED. */
export function formatVkey(key: NoteKey, sha256: Sha256): string {
  const id = noteKeyId(key, sha256).toString(16).padStart(8, '0')
  const material = encodeBase64(concatBytes(Uint8Array.of(key.type), key.publicKey))
  return `${key.name}+${id}+${material}`
}

/**
 * Reads a vkey line of any type whose key id follows the recommended rule (so not ECDSA, 0x02).
 * The id must be the one that name, type and key give, in lower case. Errors: TLOG_KEY_MALFORMED.
 */
export function parseVkey(vkey: string, sha256: Sha256): NoteKey & { readonly keyId: number } {
  // Base64 may hold plus signs itself; the name may not.
  const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? []
  const material = base64 === undefined ? undefined : decodeBase64(base64)
  if (name === undefined || id === undefined || material === undefined) {
    throw new TlogError('TLOG_KEY_MALFORMED', 'a key is written name+id+base64')
  }
  const key = { name, type: material[0] ?? 0, publicKey: material.slice(1) }
  const keyId = noteKeyId(key, sha256)
  if (keyId !== Number.parseInt(id, 16)) {
    throw new TlogError('TLOG_KEY_MALFORMED', 'the key id is not the one of this name and key')
  }
  return { ...key, keyId }
}

function requireKey({ name, type, publicKey }: NoteKey): void {
  if (!isKeyName(name) || encodeUtf8(name).length > MAX_ORIGIN_BYTES) {
    throw new TlogError(
      'TLOG_KEY_MALFORMED',
      'the name is empty, too long, or has spaces or a plus',
    )
  }
  if (!Number.isInteger(type) || type < 1 || type > 0xff || publicKey.length === 0) {
    throw new TlogError('TLOG_KEY_MALFORMED', 'no signature type or no key')
  }
  const isEd25519 = type === KEY_TYPE_ED25519 || type === KEY_TYPE_COSIGNATURE
  if (isEd25519 && publicKey.length !== ED25519_KEY_BYTES) {
    throw new TlogError('TLOG_KEY_MALFORMED', 'an Ed25519 public key has 32 bytes')
  }
}
