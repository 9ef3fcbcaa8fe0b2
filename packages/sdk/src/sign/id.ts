import type { RandomText } from '../random.ts'

/** A UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits. */
export function uuidV7(unixMs: number, random: RandomText): string {
  // 74 of 80 bits: a digit has four, and that of the variant two.
  const bits = random(10, 'hex')
  const variant = '89ab'[Number.parseInt(bits[0]!, 16) & 3]!
  const tail = `${bits.slice(1, 4)}-${variant}${bits.slice(4, 7)}-${bits.slice(7, 19)}`
  return `${headOf(unixMs)}${tail}`
}

let lastMs = NaN
let lastHead = ''

/** What stands in front of the random bits; many records are made in one millisecond. */
function headOf(unixMs: number): string {
  if (unixMs === lastMs) return lastHead
  const time = unixMs.toString(16).padStart(12, '0')
  lastMs = unixMs
  return (lastHead = `${time.slice(0, 8)}-${time.slice(8)}-7`)
}

const noTraceId = '0'.repeat(32)
const noSpanId = '0'.repeat(16)

/** A random trace or span id in hex; all zero is not allowed and would be asked for again. */
export function randomId(bytes: 8 | 16, random: RandomText): string {
  for (;;) {
    const id = random(bytes, 'hex')
    if (id !== noSpanId && id !== noTraceId) return id
  }
}
