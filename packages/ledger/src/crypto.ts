// SHA-256 and Ed25519 by node:crypto, in the shapes that the pure packages ask for, and the rule
// which public keys may be enrolled. See crypto.test.ts (RFC 8032 vectors, the small-order points).
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { base64url, fromBase64url, hex, jcsBytes, type Sha256 } from '@grantlog/record'
import type { Sha256Text } from '@grantlog/tlog'
import { LedgerError } from './codes.ts'

/** An Ed25519 private key as a JWK (RFC 8037). */
export interface Ed25519Jwk {
  readonly crv: 'Ed25519'
  readonly d: string
  readonly kty: 'OKP'
  readonly x: string
}

/** SHA-256, 32 bytes. As a string first: a buffer of its own for each costs three times as much. */
export const sha256: Sha256 = (data) => {
  const digest = Buffer.allocUnsafe(32)
  digest.write(hash('sha256', data, 'binary'), 'latin1')
  return digest
}

/** SHA-256 as text, a character for each of 32 bytes: what costs least. */
export const sha256Text: Sha256Text = (data) => hash('sha256', data, 'binary')

/** b64u by Node's own encoder: the portable one of @grantlog/record costs more than a hash. */
export function base64urlOf(bytes: Uint8Array, from = 0, to: number = bytes.length): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return buffer.toString('base64url', from, to)
}

/** A new key pair. `publicKey` is the raw 32 bytes. */
export function generateEd25519(): {
  jwk: Ed25519Jwk
  privateKey: KeyObject
  publicKey: Uint8Array
} {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { d, x } = privateKey.export({ format: 'jwk' })
  const jwk: Ed25519Jwk = { crv: 'Ed25519', d: d!, kty: 'OKP', x: x! }
  return { jwk, privateKey, publicKey: fromBase64url(x!)! }
}

/** The private key of a JWK; throws KEY_REFUSED. */
export function importEd25519(jwk: Ed25519Jwk): { privateKey: KeyObject; publicKey: Uint8Array } {
  try {
    const privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    const { x } = createPublicKey(privateKey).export({ format: 'jwk' })
    return { privateKey, publicKey: fromBase64url(x!)! }
  } catch (cause) {
    throw new LedgerError('KEY_REFUSED', 'not an Ed25519 private key', { cause })
  }
}

export function ed25519Sign(privateKey: KeyObject, data: Uint8Array): Uint8Array {
  return sign(null, data, privateKey)
}

/** A raw 32-byte public key as a KeyObject: importing costs as much as verifying, so keep it. */
export function ed25519PublicKey(publicKey: Uint8Array): KeyObject {
  const jwk = { crv: 'Ed25519', kty: 'OKP', x: base64url(publicKey) }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

export function ed25519Verify(
  publicKey: Uint8Array | KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = publicKey instanceof Uint8Array ? ed25519PublicKey(publicKey) : publicKey
  return verify(null, data, key, signature)
}

/** RFC 7638 thumbprint of an Ed25519 public key, b64u: the `kid` of a producer. */
export function thumbprint(publicKey: Uint8Array): string {
  return base64url(sha256(jcsBytes({ crv: 'Ed25519', kty: 'OKP', x: base64url(publicKey) })))
}

const fieldPrime = 2n ** 255n - 19n
// y coordinates of the eight points of small order (RFC 7748 §7 names the attack).
const smallOrder = new Set([
  0n,
  1n,
  fieldPrime - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
])

/**
 * Throws KEY_REFUSED for a key of small order or in a non-canonical encoding. Libraries disagree on
 * signatures under such keys (Node 20 and Node 24 do), so a record's verdict would depend on who
 * looks; refused at enrolment, the question never arises.
 */
export function requireSoundKey(publicKey: Uint8Array): void {
  if (publicKey.length !== 32) throw new LedgerError('KEY_REFUSED', 'the key is not 32 bytes')
  const y = BigInt(`0x${hex(publicKey.toReversed())}`) & (2n ** 255n - 1n)
  if (y >= fieldPrime) throw new LedgerError('KEY_REFUSED', 'the key is not encoded canonically')
  if (smallOrder.has(y)) throw new LedgerError('KEY_REFUSED', 'the key has small order')
}
