// What a byte of a canonical form may stand for, for scan.ts. See scan.test.ts.

/** By byte, 1: it stands for itself in a text; it is a digit of lower-case hex. */
export const usual: Uint8Array = new Uint8Array(256)
export const hexDigits: Uint8Array = new Uint8Array(256)
for (let byte = 0x20; byte < 0x7f; byte++) usual[byte] = byte === 0x22 || byte === 0x5c ? 0 : 1
for (let byte = 0; byte < 256; byte++) hexDigits[byte] = isHex(byte) ? 1 : 0

/**
 * True when four bytes all stand for themselves. False says nothing: a borrow from one byte may
 * reach the next (the test for a zero byte of Warren, Hacker's Delight 6-1).
 */
export function areUsual(word: number): boolean {
  const quote = word ^ 0x22222222
  const backslash = word ^ 0x5c5c5c5c
  const rubout = word ^ 0x7f7f7f7f
  const unusual =
    word |
    (word - 0x20202020) |
    (quote - 0x01010101) |
    (backslash - 0x01010101) |
    (rubout - 0x01010101)
  return (unusual & 0x80808080) === 0
}

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

export function isHex(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x61 && byte <= 0x66)
}
