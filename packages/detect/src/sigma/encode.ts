// Modifiers that turn a value into how it would look encoded. See encode.test.ts.
import { MAX_WINDASHES } from '../limits.ts'

/** As UTF-16LE bytes read as text: a zero behind each character. Null: not ASCII. */
export function wide(text: string): string | null {
  return isAscii(text) ? text.replace(/[^]/g, '$&\0') : null
}

/** As UTF-16BE bytes read as text. Null: not ASCII. */
export function wideBigEndian(text: string): string | null {
  return isAscii(text) ? text.replace(/[^]/g, '\0$&') : null
}

// A control character of ASCII is one, too.
const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

/** Text to bytes; the byte order mark that `utf16` puts before it is one of UTF-16LE. */
export function bytesOf(text: string, isUtf16: boolean): Buffer {
  if (!isUtf16 || !text.startsWith('\ufeff')) return Buffer.from(text)
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text.slice(1))])
}

const starts = [0, 2, 3]
const cuts = [0, 3, 2]

/**
 * The parts of Base64 that are the same wherever in a larger text the bytes stand: one for each
 * shift by zero to two bytes, without the characters that the neighbours have a part in.
 */
export function base64Offsets(bytes: Buffer): string[] {
  return starts.map((start, shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift, ' '), bytes]).toString('base64')
    const cut = cuts[(bytes.length + shift) % 3] ?? 0
    return encoded.slice(start, encoded.length - cut)
  })
}

const dashes = ['-', '/', '\u2013', '\u2014', '\u2015']

/** All spellings of the dashes and slashes that begin a word; null: there are too many. */
export function dashed(text: string): string[] | null {
  const places = [...text.matchAll(/\B[-/]\b/g)].map(({ index }) => index)
  if (places.length > MAX_WINDASHES) return null
  return places.reduce<string[]>(
    (spelled, place) =>
      spelled.flatMap((one) =>
        dashes.map((dash) => one.slice(0, place) + dash + one.slice(place + 1)),
      ),
    [text],
  )
}
