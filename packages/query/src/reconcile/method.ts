// Methods as numbers, so that a row of a request is of numbers only.
const methods = 'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE _OTHER'.split(' ')
const other = methods.length - 1

/** Of a method that HTTP knows (RFC 9110 section 9); of any other that of `_OTHER`. */
export function methodNumber(method: string): number {
  const number = methods.indexOf(method)
  return number < 0 ? other : number
}

export function methodAt(number: number): string {
  return methods[number]!
}
