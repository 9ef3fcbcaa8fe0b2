// Keys wrapped by another key, as the keystore keeps them: AES-256-GCM. See keystore.test.ts.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { base64url } from '@grantlog/record'
import { LedgerError } from '../codes.ts'

/** What a KEK is authenticated by. */
export function kekName(epoch: number): Uint8Array {
  return Buffer.from(`kek ${epoch}`)
}

/** 12-byte nonce ‖ ciphertext ‖ tag; the key's id is authenticated, so keys cannot be swapped. */
export function wrap(kek: KeyObject, key: KeyObject, id: Uint8Array): Uint8Array {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', kek, nonce)
  cipher.setAAD(id)
  return Buffer.concat([nonce, cipher.update(key.export()), cipher.final(), cipher.getAuthTag()])
}

/** Errors: KEYSTORE_DAMAGED. */
export function unwrap(kek: KeyObject, wrapped: Uint8Array, id: Uint8Array): KeyObject {
  try {
    const nonce = wrapped.subarray(0, 12)
    const decipher = createDecipheriv('aes-256-gcm', kek, nonce, { authTagLength: 16 })
    decipher.setAAD(id)
    decipher.setAuthTag(wrapped.subarray(-16))
    const key = Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
    return createSecretKey(key)
  } catch (cause) {
    throw new LedgerError('KEYSTORE_DAMAGED', `key ${base64url(id)} does not unwrap`, { cause })
  }
}
