// Digits and base64url (RFC 4648, 5) written in place: a text for each, which somebody copies then,
// costs more than a hash, and is garbage. See ascii.test.ts.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const characters = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
const zero = 0x30

/** Writes bytes as base64url, without padding; gives where it ends. */
export function putBase64url(into: Uint8Array, from: number, bytes: Uint8Array): number {
  const { length } = bytes
  let at = from
  let i = 0
  for (; i + 2 < length; i += 3) {
    const three = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    into[at] = characters[three >> 18]!
    into[at + 1] = characters[(three >> 12) & 63]!
    into[at + 2] = characters[(three >> 6) & 63]!
    into[at + 3] = characters[three & 63]!
    at += 4
  }
  if (i === length) return at
  const last = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8)
  into[at++] = characters[last >> 18]!
  into[at++] = characters[(last >> 12) & 63]!
  if (i + 2 === length) into[at++] = characters[(last >> 6) & 63]!
  return at
}

/** Digits of a safe integer that is not negative. */
export function digitsOf(number: number): number {
  let digits = 1
  for (let power = 10; power <= number; power *= 10) digits++
  return digits
}

/** Writes such an integer in so many digits as it has; gives where it ends. */
export function putDecimal(into: Uint8Array, from: number, number: number): number {
  const end = from + digitsOf(number)
  let rest = number
  for (let at = end - 1; at >= from; at--) {
    const digit = rest % 10
    into[at] = zero + digit
    rest = (rest - digit) / 10
  }
  return end
}
