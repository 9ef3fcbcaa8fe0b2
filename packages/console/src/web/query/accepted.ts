// A suggestion, and what becomes of the text when it is taken. See accepted.test.ts.
import { valueText } from './edit.ts'

export interface Suggestion {
  /** Units of the text that it takes the place of. */
  readonly from: number
  readonly to: number
  readonly text: string
  readonly kind: 'field' | 'value' | 'operator' | 'earlier'
  readonly brief: string
  readonly count: number | null
}

/** The text with the suggestion in its place, and where the caret goes. */
export function accepted(text: string, one: Suggestion): { text: string; caret: number } {
  const isWhole = one.kind === 'value' || one.kind === 'operator'
  const tail = text.slice(one.to)
  const hasGap = /^\s/.test(tail)
  // A line of input holds no line ends.
  const written = /[\r\n]/.test(one.text) ? valueText(one.text.replace(/^"|"$/g, '')) : one.text
  const head = `${text.slice(0, one.from)}${written}${isWhole && !hasGap ? ' ' : ''}`
  return { text: head + tail, caret: head.length + (isWhole && hasGap ? 1 : 0) }
}
