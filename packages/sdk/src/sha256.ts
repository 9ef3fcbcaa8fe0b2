import { hash } from 'node:crypto'
import type { BytesHash } from '@grantlog/record'

/**
 * SHA-256, injected into the pure packages. A string is cheaper to get than a buffer of its own for
 * each hash.
 */
export function sha256(data: Uint8Array): Uint8Array {
  return Buffer.from(hash('sha256', data, 'binary'), 'latin1')
}

/** The same, as text where a text is needed. */
export const bytesHash: BytesHash = {
  bytes: sha256,
  base64url: (data) => hash('sha256', data, 'base64url'),
}
