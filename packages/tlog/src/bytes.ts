// Byte strings without Buffer, so that the package also runs in browsers: strict base64
// (RFC 4648 section 4), strict UTF-8, concatenation, comparison. Proven by bytes.test.ts.

// Both exist in every runtime we support, but in no `lib` without the DOM or Node's types.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, into: Uint8Array): { readonly written: number }
}
declare class TextDecoder {
  constructor(label: string, options: { fatal: boolean; ignoreBOM: boolean })
  decode(bytes: Uint8Array): string
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const CODES = new Uint8Array(64)
/** Of twelve bits, two characters. */
const PAIRS = Array.from({ length: 4096 }, (_, bits) => ALPHABET[bits >> 6]! + ALPHABET[bits & 63]!)
const VALUES = new Uint8Array(128).fill(255)
for (let value = 0; value < 64; value++) {
  CODES[value] = ALPHABET.charCodeAt(value)
  VALUES[CODES[value]!] = value
}

const encoder = new TextEncoder()
// ignoreBOM keeps a byte order mark as a character: decoding must never lose signed bytes.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The UTF-8 bytes of `text`. The caller has checked that it is well formed (no lone surrogate). */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

const shortBytesMax = 4096
const short = new Uint8Array(shortBytesMax)

/** The same, of a short text as a view until the next call: a buffer costs more than to fill it. */
export function encodeUtf8View(text: string): Uint8Array {
  if (text.length * 3 > shortBytesMax) return encodeUtf8(text)
  return short.subarray(0, encoder.encodeInto(text, short).written)
}

/** The text of well-formed UTF-8 bytes, or undefined. Nothing is replaced or dropped. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** Standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const triple = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    if (left > 2) text += PAIRS[triple >> 12]! + PAIRS[triple & 4095]!
    else text += PAIRS[triple >> 12]! + (left > 1 ? ALPHABET[(triple >> 6) & 63]! : '=') + '='
  }
  return text
}

/**
 * Decodes standard base64, or returns undefined. One byte string has exactly one accepted spelling:
 * padding is required, white space and non-zero trailing bits are refused. Otherwise one signature
 * or hash could be written in several ways, and copies of a proof would differ.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const symbols = text.length - padding
  const bytes = new Uint8Array(Math.floor((symbols * 3) / 4))
  let buffer = 0
  let bits = 0
  let out = 0
  for (let at = 0; at < symbols; at++) {
    const value = VALUES[text.charCodeAt(at)] ?? 255
    if (value === 255) return undefined
    buffer = ((buffer << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[out++] = buffer >> bits
  }
  const trailing = buffer & ((1 << bits) - 1)
  return trailing === 0 ? bytes : undefined
}

/** One new array holding all parts in order. */
export function concatBytes(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether both hold the same bytes. Not constant-time: everything compared here is public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) {
    if (a[at] !== b[at]) return false
  }
  return true
}
