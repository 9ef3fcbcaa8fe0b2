// Ways from a value to the records that have it. See search.test.ts.

const plainForm = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$/

/** A term of the query language; in quotes unless every character in it stands for itself. */
export function termOf(field: string, value: string): string {
  const isPlain = plainForm.test(value) && !value.includes('..')
  return `${field}:${isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`
}

/** The path of the page Records for terms that must all hold; terms without a value are left out. */
export function searchPath(...terms: readonly (readonly [field: string, value: string])[]): string {
  const query = terms
    .filter(([, value]) => value !== '')
    .map(([field, value]) => termOf(field, value))
  return `/records?q=${encodeURIComponent(query.join(' '))}`
}
