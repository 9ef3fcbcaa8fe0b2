// UUIDs of version 8 (RFC 9562 5.8): the first 16 bytes of SHA-256, marked as such. Who hashes the
// same has the same.
import { sha256 } from '@grantlog/ledger'

export function uuidOf(hashed: Uint8Array): string {
  const bytes = Buffer.from(sha256(hashed)).subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)]
  return [...parts, hex.slice(20)].join('-')
}
