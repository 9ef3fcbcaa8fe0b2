import { hash } from 'node:crypto'

/** SHA-256, injected into the pure packages. */
export function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}
