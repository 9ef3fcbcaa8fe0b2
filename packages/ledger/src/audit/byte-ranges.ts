// Comparisons of parts of byte strings in place. Hashes come as text of 32 characters, one for each
// byte, which is how Node gives them at the least cost. See byte-ranges.test.ts.
import { utf8 } from '@grantlog/record'

const alphabet = utf8('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')

/** Whether these bytes stand there. */
export function isAt(expected: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
  return true
}

/** Whether a hash of 32 bytes stands there. */
export function isHashAt(hash: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 32; i++) if (hash.charCodeAt(i) !== bytes[at + i]) return false
  return true
}

/** Whether the b64u of a hash of 32 bytes stands there: 43 characters. */
export function isBase64urlOf(hash: string, bytes: Uint8Array, at: number): boolean {
  let to = at
  for (let i = 0; i < 30; i += 3) {
    const group =
      (hash.charCodeAt(i) << 16) | (hash.charCodeAt(i + 1) << 8) | hash.charCodeAt(i + 2)
    if (
      bytes[to] !== alphabet[group >> 18] ||
      bytes[to + 1] !== alphabet[(group >> 12) & 63] ||
      bytes[to + 2] !== alphabet[(group >> 6) & 63] ||
      bytes[to + 3] !== alphabet[group & 63]
    ) {
      return false
    }
    to += 4
  }
  const group = (hash.charCodeAt(30) << 10) | (hash.charCodeAt(31) << 2)
  return (
    bytes[to] === alphabet[group >> 12] &&
    bytes[to + 1] === alphabet[(group >> 6) & 63] &&
    bytes[to + 2] === alphabet[group & 63]
  )
}
