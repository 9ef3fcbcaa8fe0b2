// SHA-256 and Ed25519 for the page, by @noble. See crypto.test.ts, which holds them against Node's.
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js'
import { base64url, concat, equalBytes, jcsBytes } from '@grantlog/record'

/** What a check of a bundle is given: the same shapes as the packages of formats ask for. */
export interface Crypto {
  readonly sha256: (data: Uint8Array) => Uint8Array
  readonly verify: (publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean
}

export const browserCrypto: Crypto = { sha256: (data) => nobleSha256(data), verify: ed25519Verify }

/**
 * Ed25519 as RFC 8032 5.1.7 and all servers do it: the encoding of R is compared, not multiplied by
 * the cofactor, and weak keys are refused. So no signature passes here that fails there.
 */
export function ed25519Verify(
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 64) return false
  const key = soundPoint(publicKey)
  const { Fn, BASE } = ed25519.Point
  const s = littleEndian(signature.subarray(32))
  if (key === null || s >= Fn.ORDER) return false
  const r = signature.subarray(0, 32)
  const k = littleEndian(sha512(concat(r, publicKey, data))) % Fn.ORDER
  const expected = BASE.multiplyUnsafe(s).add(key.negate().multiplyUnsafe(k))
  return equalBytes(expected.toBytes(), r)
}

/** True for 32 bytes that encode a point canonically, not of small order (FORMAT.md 3.4). */
export function isSoundKey(publicKey: Uint8Array): boolean {
  return soundPoint(publicKey) !== null
}

function soundPoint(publicKey: Uint8Array): InstanceType<typeof ed25519.Point> | null {
  try {
    const point = ed25519.Point.fromBytes(publicKey)
    return point.isSmallOrder() ? null : point
  } catch {
    return null
  }
}

/** RFC 7638 thumbprint of an Ed25519 key, base64url: a producer's `kid`. */
export function thumbprint(publicKey: Uint8Array, sha256: Crypto['sha256']): string {
  return base64url(sha256(jcsBytes({ crv: 'Ed25519', kty: 'OKP', x: base64url(publicKey) })))
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  return value
}
