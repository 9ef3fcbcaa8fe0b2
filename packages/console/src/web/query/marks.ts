// The text of a query in pieces that look different: fields, values, what joins and negates them,
// and where it is wrong. Together they are the text. See marks.test.ts.
import { type Term, termsOf } from './terms.ts'

export interface Mark {
  readonly text: string
  readonly kind: 'plain' | 'field' | 'sign'
  readonly isWrong: boolean
}

type Cut = readonly [from: number, to: number, kind: Mark['kind']]

export interface Wrong {
  readonly at: number
  readonly length: number
}

export function marksOf(text: string, wrong?: Wrong): readonly Mark[] {
  const marks: Mark[] = []
  let at = 0
  const add = (to: number, kind: Mark['kind']): void => {
    for (const [from, end, isWrong] of splitAt(at, to, wrong)) {
      if (end > from) marks.push({ text: text.slice(from, end), kind, isWrong })
    }
    at = Math.max(at, to)
  }
  for (const [from, to, kind] of cutsOf(text, 0)) {
    add(from, 'plain')
    add(to, kind)
  }
  add(text.length, 'plain')
  return marks
}

/** What is not plain, in order. */
function cutsOf(text: string, offset: number): Cut[] {
  return termsOf(text).flatMap((term) => cutsIn(text, term, offset))
}

function cutsIn(text: string, { from, to, isNot, field }: Term, offset: number): Cut[] {
  const start = from + (isNot ? 1 : 0)
  const cuts: Cut[] = isNot ? [[offset + from, offset + start, 'sign']] : []
  const word = text.slice(start, to)
  if (field !== '') return [...cuts, [offset + start, offset + start + field.length + 1, 'field']]
  if (/^(OR|AND|NOT)$/.test(word)) return [...cuts, [offset + start, offset + to, 'sign']]
  if (!word.startsWith('(')) return cuts
  const isClosed = word.endsWith(')') && word.length > 1
  cuts.push([offset + start, offset + start + 1, 'sign'])
  cuts.push(...cutsOf(word.slice(1, isClosed ? -1 : undefined), offset + start + 1))
  if (isClosed) cuts.push([offset + to - 1, offset + to, 'sign'])
  return cuts
}

function splitAt(
  from: number,
  to: number,
  wrong: Wrong | undefined,
): readonly (readonly [from: number, to: number, isWrong: boolean])[] {
  if (wrong === undefined) return [[from, to, false]]
  const start = Math.min(to, Math.max(from, wrong.at))
  const end = Math.min(to, Math.max(from, wrong.at + wrong.length))
  return [
    [from, start, false],
    [start, end, true],
    [end, to, false],
  ]
}
