// Digits and base64url (RFC 4648, 5) written in place: a text for each, which somebody copies then,
// costs more than a hash, and is garbage. See ascii.test.ts.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const characters = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
const zero = 0x30
const hashBytes = 32

/** Writes the 32 bytes of a hash that begin there as base64url, 43 characters; gives their end. */
export function putHash(into: Uint8Array, to: number, bytes: Uint8Array, from: number): number {
  const last = from + hashBytes - 2
  let at = to
  for (let i = from; i < last; i += 3) {
    const three = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    into[at] = characters[three >> 18]!
    into[at + 1] = characters[(three >> 12) & 63]!
    into[at + 2] = characters[(three >> 6) & 63]!
    into[at + 3] = characters[three & 63]!
    at += 4
  }
  const two = (bytes[last]! << 8) | bytes[last + 1]!
  into[at] = characters[two >> 10]!
  into[at + 1] = characters[(two >> 4) & 63]!
  into[at + 2] = characters[(two << 2) & 63]!
  return at + 3
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
