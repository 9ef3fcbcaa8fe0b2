import { RecordError, type RecordErrorCode } from './codes.ts'

const encoder = new TextEncoder()
// `ignoreBOM` keeps a leading U+FEFF as a character: dropping it would make two texts equal.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** Value of a character of base64url by its code; -1: it is none. */
export const base64urlValue: Int8Array = new Int8Array(256).fill(-1)
for (const [value, char] of [...alphabet].entries()) base64urlValue[char.charCodeAt(0)] = value
/** The same with the two characters of base64 beside those of base64url. */
const base64Value = base64urlValue.slice()
base64Value[0x2b] = 62
base64Value[0x2f] = 63
const hexOf = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * UTF-8 bytes of a well-formed string. A lone surrogate throws RangeError: it has no UTF-8 form.
 */
export function utf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new RangeError('a lone surrogate has no UTF-8 form')
  return encoder.encode(text)
}

/** Text of UTF-8 bytes; ill-formed bytes throw a RecordError with the given code. */
export function utf8Text(bytes: Uint8Array, code: RecordErrorCode, what: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new RecordError(code, `${what} is not well-formed UTF-8`)
  }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * Looks for some bytes, not empty and fewer than 256, in others (Horspool 1980, by pairs as Zhu and
 * Takaoka do it). By single bytes, a text of nothing but the needle's last one but one would be
 * looked at byte by byte.
 */
export function createFinder(needle: Uint8Array): (bytes: Uint8Array) => boolean {
  const last = needle.length - 1
  const [first = 0] = needle
  if (last === 0) return (bytes) => bytes.includes(first)
  // How far the needle may move when its end stands over a pair of bytes.
  const steps = new Uint8Array(65_536).fill(needle.length)
  for (let before = 0; before < 256; before++) steps[(before << 8) | first] = last
  for (let i = 1; i < last; i++) steps[(needle[i - 1]! << 8) | needle[i]!] = last - i
  return (bytes) => {
    for (let end = last; end < bytes.length;) {
      let i = 0
      while (i <= last && bytes[end - i] === needle[last - i]) i++
      if (i > last) return true
      end += steps[(bytes[end - 1]! << 8) | bytes[end]!]!
    }
    return false
  }
}

export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexOf[byte]
  return text
}

/** Bytes of lower-case hex; the caller has checked the form. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (hexDigit(text.charCodeAt(2 * i)) << 4) | hexDigit(text.charCodeAt(2 * i + 1))
  }
  return bytes
}

function hexDigit(code: number): number {
  // '0' is 0x30, 'a' is 0x61.
  return code < 0x61 ? code - 0x30 : code - 0x61 + 10
}

/** base64url without padding (RFC 4648 §5). */
export function base64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]!
    if (rest > 1) text += alphabet[(group >> 6) & 63]!
    if (rest > 2) text += alphabet[group & 63]!
  }
  return text
}

/**
 * Bytes of base64url without padding; null for any other text, also for one whose unused last bits
 * are not zero: two texts must never mean the same bytes.
 */
export function fromBase64url(text: string): Uint8Array | null {
  return bytesIn(text, base64urlValue)
}

/** The same in either alphabet. */
export function fromBase64(text: string): Uint8Array | null {
  return bytesIn(text, base64Value)
}

function bytesIn(text: string, values: Int8Array): Uint8Array | null {
  if (text.length % 4 === 1) return null
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? -1
    if (value === -1) return null
    held = ((held << 6) | value) & 0xffffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >> bits) & 0xff
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null
}
