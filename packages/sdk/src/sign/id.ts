import type { RandomBytes } from '../random.ts'

/** A UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits. */
export function uuidV7(unixMs: number, random: RandomBytes): string {
  const bytes = random(16)
  bytes.writeUIntBE(unixMs, 0, 6)
  bytes[6] = (bytes[6]! & 0x0f) | 0x70
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const groups = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}`
  return `${groups}-${hex.slice(20)}`
}

/** A random trace or span id in hex; all zero is not allowed and would be asked for again. */
export function randomId(bytes: 8 | 16, random: RandomBytes): string {
  for (;;) {
    const id = random(bytes).toString('hex')
    if (!/^0+$/.test(id)) return id
  }
}
