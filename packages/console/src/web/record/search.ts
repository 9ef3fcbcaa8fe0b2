// Ways from a value to the records that have it. See search.test.ts.
import { termText } from '../query/edit.ts'

/** A field, and the values of which one must be there. */
export type Term = readonly [field: string, value: string, ...others: string[]]

/** What was refused: by a rule, or as no good. */
export const refusedTerm: Term = ['outcome', 'denied', 'failure']

/** The path of the page Records for terms that must all hold, without those that have no value. */
export function searchPath(...terms: readonly Term[]): string {
  return `/records?q=${encodeURIComponent(queryOf(...terms))}`
}

export function queryOf(...terms: readonly Term[]): string {
  const given = terms.filter(([, value]) => value !== '')
  return given.map(([field, ...values]) => termText(field, values)).join(' ')
}
