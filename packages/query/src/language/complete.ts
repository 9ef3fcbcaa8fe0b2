// What may stand at a place of a query that is being written. See complete.test.ts.
import { type QueryField, queryFields, shortFields } from './fields.ts'

export interface Suggestion {
  readonly text: string
  readonly kind: 'field' | 'value' | 'operator'
  readonly brief: string
  /** In how many records; null: not counted. */
  readonly count: number | null
}

export interface Completion {
  /** The units of the query that a suggestion takes the place of. */
  readonly from: number
  readonly to: number
  readonly suggestions: readonly Suggestion[]
}

/** The values that a field has in the records, the most frequent first. */
export type ValuesOf = (
  field: QueryField,
) => Promise<readonly { readonly value: string; readonly count: number }[]>

const valueForm = /(?:^|[\s(-])([A-Za-z][\w.]*):(?:"(?:[^"\\]|\\.)*",|[^\s",()]*,)*("?)([^\s"()]*)$/
const wordForm = /(?:^|[\s(-])([\w.]*)$/

/** Units before the caret that say what is being written. */
const MAX_LOOK_BACK = 200

/** `at`: units before the caret. At most `most` suggestions. */
export async function complete(
  text: string,
  at: number,
  { most, valuesOf }: { readonly most: number; readonly valuesOf: ValuesOf },
): Promise<Completion> {
  // Of a longer query only the end is looked at: the forms go back and forth in it.
  const before = text.slice(Math.max(0, at - MAX_LOOK_BACK), at)
  const value = valueForm.exec(before)
  const field = queryFields.get((value?.[1] ?? '').toLowerCase())
  if (value !== null && field !== undefined) {
    const written = value[3] ?? ''
    const from = at - written.length - (value[2] ?? '').length
    // What stands behind the caret belongs to the value, up to the next space.
    const to = at + (/^[^\s",()]*"?/.exec(text.slice(at))?.[0].length ?? 0)
    const suggestions = await values(field, written, valuesOf)
    return { from, to, suggestions: suggestions.slice(0, most) }
  }
  const word = wordForm.exec(before)?.[1] ?? ''
  const to = at + (/^[\w.]*:?/.exec(text.slice(at))?.[0].length ?? 0)
  return { from: at - word.length, to, suggestions: fields(word.toLowerCase()).slice(0, most) }
}

function fields(written: string): Suggestion[] {
  const begun = shortFields.filter(({ name }) => name.startsWith(written))
  const titled = shortFields.filter(({ title }) => title.toLowerCase().includes(written))
  const long = [...queryFields.values()].filter(({ name }) => {
    return name.includes('.') && written !== '' && name.includes(written)
  })
  const told = [...new Set([...begun, ...titled, ...long])].map(({ brief, name }): Suggestion => {
    return { text: `${name}:`, kind: 'field', brief, count: null }
  })
  const operators = ['OR', 'NOT'].filter(
    (one) => written !== '' && one.toLowerCase().startsWith(written),
  )
  const others = operators.map((one): Suggestion => {
    const brief = one === 'OR' ? 'One of both must hold.' : 'What follows must not hold.'
    return { text: `${one} `, kind: 'operator', brief, count: null }
  })
  return [...told, ...others]
}

async function values(
  field: QueryField,
  written: string,
  valuesOf: ValuesOf,
): Promise<Suggestion[]> {
  const examples = exampleValues[field.type]
  if (examples !== undefined) {
    const fitting = examples.filter(([text]) => text.startsWith(written))
    return fitting.map(([text, brief]) => ({ text, kind: 'value', brief, count: null }))
  }
  // Who and from where is not offered: it would be shown to whoever types.
  if (field.type === 'hash' || field.type === 'personal') return []
  const wanted = written.toLowerCase()
  const known = new Map<string, number | null>()
  for (const { count, value } of await valuesOf(field)) known.set(value, count)
  for (const value of field.values.keys()) if (!known.has(value)) known.set(value, 0)
  const rank = (value: string): number => (value.toLowerCase().startsWith(wanted) ? 0 : 1)
  return [...known]
    .filter(([value]) => value.toLowerCase().includes(wanted))
    .toSorted(([a, x], [b, y]) => rank(a) - rank(b) || (y ?? 0) - (x ?? 0))
    .map(([value, count]) => {
      const brief = field.values.get(value) ?? ''
      return { text: quoted(value), kind: 'value', brief, count }
    })
}

const exampleValues: Partial<Record<QueryField['type'], readonly (readonly [string, string])[]>> = {
  time: [
    ['-15m', 'the last 15 minutes'],
    ['-1h', 'the last hour'],
    ['-24h', 'the last day'],
    ['-7d', 'the last week'],
    ['-30d', 'the last 30 days'],
  ],
  duration: [
    ['>100ms', 'longer than 100 milliseconds'],
    ['>1s', 'longer than a second'],
    ['100ms..1s', 'between both'],
  ],
}

/** A value as it must be written to be itself. */
export function quoted(value: string): string {
  const isPlain = /^[^\s"(),*<>\\]+$/.test(value) && !value.includes('..')
  return isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}
