// Makes visible what a text hides: control, bidi and zero-width characters, of which a name in a
// record may be full. Every value on the page goes through here. See visible.test.ts.

/** A part of a text; a mark stands for one character that would not be seen, or would mislead. */
export interface Visible {
  readonly text: string
  readonly isMark: boolean
}

const hidden = new RegExp(
  [
    String.raw`[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f]`,
    String.raw`[\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]`,
    // Unpaired surrogates, tags, and the variation selectors beyond.
    String.raw`[\ud800-\udfff\ufff0-\ufffb]`,
    String.raw`[\u{e0000}-\u{e0fff}]`,
  ].join('|'),
  'gu',
)

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function markOf(char: string): string {
  const code = char.codePointAt(0) ?? 0
  return short[char] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

export function visibleParts(text: string): readonly Visible[] {
  const parts: Visible[] = []
  let at = 0
  for (const { 0: char, index } of text.matchAll(hidden)) {
    if (index > at) parts.push({ text: text.slice(at, index), isMark: false })
    parts.push({ text: markOf(char), isMark: true })
    at = index + char.length
  }
  if (at < text.length) parts.push({ text: text.slice(at), isMark: false })
  return parts
}

/** As a sentence: the first letter large, a full stop at its end. */
export function sentence(text: string): string {
  const whole = visibleText(text.trim())
  const end = /[.!?…]$/.test(whole) ? '' : '.'
  return `${whole.slice(0, 1).toUpperCase()}${whole.slice(1)}${end}`
}

/** For titles and labels, which are plain text: marks in angle brackets. */
export function visibleText(text: string): string {
  return visibleParts(text)
    .map((part) => (part.isMark ? `⟨${part.text}⟩` : part.text))
    .join('')
}
