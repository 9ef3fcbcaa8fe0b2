// YAML as far as a configuration or a policy needs it: one document, plain values, each key once.
// No tags, no merge keys; aliases are few, for each is a copy. See the command line's
// config/check.test.ts.
import { isMap, isNode, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml'

/** Bytes of a file: some hundred sinks. */
export const MAX_CONFIG_BYTES: number = 256 * 1024

/** Deeper than any setting or rule; the reader of YAML is recursive. */
export const MAX_CONFIG_DEPTH = 32

/** Aliases that may be followed: each is a copy of what it names. */
const maxAliases = 100

/** Where something stands; both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** What is wrong in a file, and what to do about it. */
export interface Fault extends Place {
  /** `sinks[0].url`; empty for the whole. */
  readonly path: string
  readonly what: string
  readonly fix: string
}

/** A parsed file. */
export interface YamlText {
  readonly value: unknown
  /** The place of a value, or of the nearest above it that there is. */
  placeOf(path: readonly PropertyKey[]): Place
  /** The place of a key in the map at `path`. */
  placeOfKey(path: readonly PropertyKey[], key: string): Place
}

const start: Place = { line: 1, column: 1 }

/** The values of a text, or all that is wrong with it. */
export function readYaml(text: string): YamlText | readonly Fault[] {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    return [
      whole(`it is larger than ${MAX_CONFIG_BYTES} bytes`, 'Take out what does not belong there.'),
    ]
  }
  if (depthOf(text) > MAX_CONFIG_DEPTH) {
    return [
      whole(`it is nested deeper than ${MAX_CONFIG_DEPTH}`, 'Nothing that it may say is so deep.'),
    ]
  }
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { col, line } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
  })
  const troubles = [...document.errors, ...document.warnings]
  if (troubles.length > 0) {
    return troubles.map(({ code, pos }) => ({ ...place(pos[0]), path: '', ...meaningOf(code) }))
  }
  const at = (node: ParsedNode | Node | null | undefined): Place | undefined =>
    node?.range ? place(node.range[0]) : undefined
  const nodeAt = (path: readonly PropertyKey[]): Node | undefined => {
    const found = path.length === 0 ? document.contents : document.getIn(path, true)
    return isNode(found) ? found : undefined
  }
  const placeOf = (path: readonly PropertyKey[]): Place => {
    for (let length = path.length; length >= 0; length--) {
      const found = at(nodeAt(path.slice(0, length)))
      if (found) return found
    }
    return start
  }
  try {
    return {
      value: document.toJS({ maxAliasCount: maxAliases }) as unknown,
      placeOf,
      placeOfKey(path, key) {
        const map = nodeAt(path)
        const pair = isMap(map)
          ? map.items.find(({ key: one }) => isNode(one) && String(one) === key)
          : undefined
        return at(pair?.key as Node | undefined) ?? placeOf(path)
      },
    }
  } catch {
    return [whole(`more than ${maxAliases} aliases are followed`, 'Write the values out.')]
  }
}

function whole(what: string, fix: string): Fault {
  return { ...start, path: '', what, fix }
}

/** Brackets that are open at once, or the deepest indent, whichever is more: an upper bound. */
function depthOf(text: string): number {
  let [deepest, open] = [0, 0]
  for (const character of text) {
    if (character === '[' || character === '{') open++
    if (character === ']' || character === '}') open = Math.max(0, open - 1)
    deepest = Math.max(deepest, open)
  }
  for (const [, indent = '', dashes = ''] of text.matchAll(/^( *)((?:[-?:] +)*)/gm)) {
    deepest = Math.max(deepest, Math.ceil(indent.length / 2) + dashes.replace(/ /g, '').length)
  }
  return deepest
}

/** In our words: those of the parser quote the text, in which a secret may be. */
function meaningOf(code: string): Pick<Fault, 'what' | 'fix'> {
  const known = MEANINGS[code]
  if (known) return { what: known[0], fix: known[1] }
  return { what: `this is no YAML (${code})`, fix: 'Look for a missing quote, colon or space.' }
}

const MEANINGS: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  DUPLICATE_KEY: ['this key is there twice', 'Keep one of them.'],
  TAG_RESOLVE_FAILED: ['tags such as !x are not taken', 'Write the plain value.'],
  MULTIPLE_DOCS: ['there is a second document', 'Keep one: no line with ---.'],
  TAB_AS_INDENT: ['a tab stands in the indent', 'Indent with spaces.'],
  BAD_INDENT: ['the indent does not fit', 'Indent each level by two spaces.'],
  NON_STRING_KEY: ['a key is no text', 'Write a name.'],
  BAD_ALIAS: ['an alias names nothing', 'Write the value out.'],
}
