// The text of a JSON value in parts, for one that is too large to be a text at once. See
// json-parts.test.ts.
import type { JsonValue } from '@grantlog/record'

/** Characters of a part, about; the smallest lists that are divided. */
const partChars = 256 * 1024
const itemsAtOnce = 256

/** Together what `JSON.stringify` gives. */
export function* jsonParts(value: JsonValue): Generator<string, void, void> {
  let text = ''
  for (const piece of piecesOf(value)) {
    text += piece
    if (text.length < partChars) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

function* piecesOf(value: JsonValue): Generator<string, void, void> {
  // What is not given is nothing, within a list.
  if (typeof value !== 'object' || value === null) yield JSON.stringify(value) ?? 'null'
  else if (Array.isArray(value)) yield* itemsOf(value as readonly JsonValue[])
  else yield* membersOf(value as { readonly [name: string]: JsonValue })
}

function* itemsOf(list: readonly JsonValue[]): Generator<string, void, void> {
  // Of a few each may be large.
  if (list.length <= itemsAtOnce) {
    for (const [at, one] of list.entries()) {
      yield at === 0 ? '[' : ','
      yield* piecesOf(one)
    }
    yield list.length === 0 ? '[]' : ']'
    return
  }
  for (let at = 0; at < list.length; at += itemsAtOnce) {
    yield at === 0 ? '[' : ','
    yield JSON.stringify(list.slice(at, at + itemsAtOnce)).slice(1, -1)
  }
  yield ']'
}

function* membersOf(object: { readonly [name: string]: JsonValue }) {
  let before = '{'
  for (const [name, value] of Object.entries(object)) {
    // As an optional member that is not given may be.
    if ((value as unknown) === undefined) continue
    yield `${before}${JSON.stringify(name)}:`
    yield* piecesOf(value)
    before = ','
  }
  yield before === '{' ? '{}' : '}'
}
