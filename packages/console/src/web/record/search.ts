// Ways from a value to the records that have it. See search.test.ts.
import { termText } from '../query/edit.ts'

/** The path of the page Records for terms that must all hold, without those that have no value. */
export function searchPath(...terms: readonly (readonly [field: string, value: string])[]): string {
  const given = terms.filter(([, value]) => value !== '')
  const query = given.map(([field, value]) => termText(field, [value])).join(' ')
  return `/records?q=${encodeURIComponent(query)}`
}
