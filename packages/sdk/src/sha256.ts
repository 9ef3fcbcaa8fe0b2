import { hash } from 'node:crypto'
import type { TextHash } from '@grantlog/record'

/**
 * SHA-256, injected into the pure packages. A string is cheaper to get than a buffer of its own for
 * each hash.
 */
export function sha256(data: Uint8Array): Uint8Array {
  return Buffer.from(hash('sha256', data, 'binary'), 'latin1')
}

/** The same of texts. */
export const textHash: TextHash = {
  bytes: (text) => Buffer.from(hash('sha256', text, 'binary'), 'latin1'),
  base64url: (text) => hash('sha256', text, 'base64url'),
}
