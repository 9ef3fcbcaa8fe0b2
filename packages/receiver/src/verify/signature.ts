// Whether a key signed: Ed25519 as RFC 8032 5.1.7 has it. A fifth of what a request of one record
// costs is this one question, and libsodium answers it in less than half of OpenSSL's time. It is
// an optional dependency: where it is not there, OpenSSL is asked alone. Decision 032;
// signature.test.ts.
import type { KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import { ed25519Verify } from '@grantlog/ledger'

/** What is used of libsodium; a signature has 64 bytes, a key 32. */
export interface Libsodium {
  crypto_sign_verify_detached(
    signature: Uint8Array,
    data: Uint8Array,
    publicKey: Uint8Array,
  ): boolean
}

/** A key is a sound one: `requireSoundKey` has looked at it when it was enrolled. */
export type SignatureCheck = (
  publicKey: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
) => boolean

/**
 * A yes of libsodium is one of OpenSSL, too, which `grantlog verify` asks later: both compare the
 * encoding of R, and libsodium refuses more. So its no is not the last word: that is OpenSSL's,
 * and no record's verdict depends on what is installed.
 */
export function signatureCheck(sodium: Libsodium | null): SignatureCheck {
  if (sodium === null) return ed25519Verify
  const raw = new WeakMap<KeyObject, Uint8Array>()
  return (publicKey, data, signature) => {
    let key = raw.get(publicKey)
    if (key === undefined) raw.set(publicKey, (key = rawOf(publicKey)))
    return (
      sodium.crypto_sign_verify_detached(signature, data, key) ||
      ed25519Verify(publicKey, data, signature)
    )
  }
}

interface Own {
  readonly by: 'libsodium' | 'OpenSSL'
  readonly check: SignatureCheck
}

let own: Own | undefined

function ofThisProcess(): Own {
  if (own === undefined) {
    const sodium = libsodium()
    own = { by: sodium === null ? 'OpenSSL' : 'libsodium', check: signatureCheck(sodium) }
  }
  return own
}

/** Whose yes is enough in this process. */
export function signaturesBy(): Own['by'] {
  return ofThisProcess().by
}

/** {@link SignatureCheck} by what is installed. */
export const isSigned: SignatureCheck = (publicKey, data, signature) =>
  ofThisProcess().check(publicKey, data, signature)

/** Null where it is not installed, does not load on this system, or does not answer rightly. */
export function libsodium(load: () => unknown = required): Libsodium | null {
  try {
    const sodium = load() as Libsodium
    return answersRightly(sodium) ? sodium : null
  } catch {
    return null
  }
}

function required(): unknown {
  return createRequire(import.meta.url)('sodium-native')
}

/** RFC 8032, 7.1, test 2; and the same with each byte changed in turn. */
function answersRightly(sodium: Libsodium): boolean {
  const key = Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex')
  const signature = Buffer.from(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    'hex',
  )
  const data = Uint8Array.of(0x72)
  if (!sodium.crypto_sign_verify_detached(signature, data, key)) return false
  return signature.every((_, at) => {
    const changed = Buffer.from(signature)
    changed[at]! ^= 1
    return !sodium.crypto_sign_verify_detached(changed, data, key)
  })
}

function rawOf(publicKey: KeyObject): Uint8Array {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')
}
