// YAML 1.2 as far as rules need it: documents of plain values, each key once. No tags, no merge
// keys, no aliases. See document.test.ts.
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml'
import { MAX_FILE_RULES, MAX_RULE_BYTES, MAX_RULE_DEPTH } from '../limits.ts'
import { type Fault, Findings, type Path, type Place } from './fault.ts'

/** One document: a rule, a correlation or a filter. */
export interface RuleDocument {
  readonly value: unknown
  readonly findings: Findings
  readonly file: string
}

/** Of a file; `name` is what messages call it. */
export interface RuleText {
  readonly name: string
  readonly text: string
}

/** The documents of a file, or all that is wrong with it as YAML. */
export function readDocuments({ name, text }: RuleText): {
  readonly documents: readonly RuleDocument[]
  readonly faults: readonly Fault[]
} {
  const refused = (code: 'RULE_TOO_LARGE' | 'RULE_INVALID', what: string, fix: string) => ({
    documents: [],
    faults: [{ file: name, line: 1, column: 1, code, what, fix }],
  })
  if (Buffer.byteLength(text) > MAX_RULE_BYTES) {
    return refused('RULE_TOO_LARGE', `larger than ${MAX_RULE_BYTES} bytes`, 'Divide the file.')
  }
  if (depthOf(text) > MAX_RULE_DEPTH) {
    return refused('RULE_TOO_LARGE', `nested deeper than ${MAX_RULE_DEPTH}`, 'Nest less.')
  }
  const lines = new LineCounter()
  const documents = parsed(text, lines)
  if (documents === null) return refused('RULE_TOO_LARGE', 'nested too deep', 'Nest less.')
  if (documents.length > MAX_FILE_RULES) {
    return refused('RULE_TOO_LARGE', `more than ${MAX_FILE_RULES} rules`, 'Divide the file.')
  }
  const faults = documents.flatMap(({ errors, warnings }) =>
    [...errors, ...warnings].map(({ code, pos }) => yamlFault(name, code, at(lines, pos[0]))),
  )
  if (faults.length > 0) return { documents: [], faults }
  if (documents.length === 0) return refused('RULE_INVALID', 'no rule in it', 'Write one.')
  const read = documents.map((document) => documentOf(name, document, lines))
  return { documents: read, faults: read.flatMap(({ findings }) => findings.faults) }
}

const options = {
  version: '1.2',
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: true,
  stringKeys: true,
  prettyErrors: false,
} as const

/** Null: the reader ran out of stack, which the bound above should not let happen. */
function parsed(text: string, lineCounter: LineCounter): Document[] | null {
  try {
    const all = parseAllDocuments(text, { ...options, lineCounter })
    return Array.isArray(all) ? all.filter(({ contents }) => contents !== null) : []
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function documentOf(file: string, document: Document, lines: LineCounter): RuleDocument {
  const findings = new Findings(file, (path, offset) => placeIn({ document, lines }, path, offset))
  let value: unknown = null
  try {
    value = document.toJS({ maxAliasCount: 0 }) as unknown
  } catch {
    findings.faults.push(yamlFault(file, 'ALIAS', at(lines, aliasIn(document))))
  }
  return { value, findings, file }
}

/** Where the first alias stands. */
function aliasIn(document: Document): number {
  let [found] = document.range ?? [0]
  visit(document, {
    Alias: (_, { range }) => {
      found = range?.[0] ?? found
      return visit.BREAK
    },
  })
  return found
}

/** The place of a key or an item, or of the nearest above it that there is. */
function placeIn(
  { document, lines }: { readonly document: Document; readonly lines: LineCounter },
  path: Path,
  offset: number | null,
): Place {
  let [node, found]: [unknown, Node | null] = [document.contents, nodeOf(document.contents)]
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (pair === undefined) break
      node = pair.value
      found = nodeOf(isLast && offset === null ? pair.key : pair.value) ?? nodeOf(pair.key) ?? found
    } else if (isCollection(node)) {
      node = node.items[Number(step)]
      found = nodeOf(node) ?? found
    } else break
  }
  // A quote comes before the first character; of a block the beginning is told.
  const isQuoted = isScalar(found) && found.type?.startsWith('QUOTE_') === true
  const isBlock = isScalar(found) && found.type?.startsWith('BLOCK_') === true
  const shift = offset === null || isBlock ? 0 : offset + (isQuoted ? 1 : 0)
  return at(lines, (found?.range?.[0] ?? 0) + shift)
}

const nodeOf = (value: unknown): Node | null => (isNode(value) ? value : null)

function at(lines: LineCounter, offset: number): Place {
  const { col, line } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

function yamlFault(file: string, yamlCode: string, place: Place): Fault {
  const [what, fix] = MEANINGS[yamlCode] ?? [
    `no YAML (${yamlCode})`,
    'Look for a missing quote, colon or space.',
  ]
  return { ...place, file, code: 'RULE_YAML', what, fix }
}

const MEANINGS: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  DUPLICATE_KEY: ['this key is there twice', 'Keep one of them, or use a list.'],
  TAG_RESOLVE_FAILED: ['tags such as !x are not taken', 'Write the plain value.'],
  TAB_AS_INDENT: ['a tab stands in the indent', 'Indent with spaces.'],
  BAD_INDENT: ['the indent does not fit', 'Indent each level by four spaces.'],
  NON_STRING_KEY: ['a key is no text', 'Put it in quotes.'],
  ALIAS: [
    'anchors and aliases are not taken',
    "Write the value out; a value with * in quotes: '*'.",
  ],
}

/** Brackets that are open at once, or the deepest indent, whichever is more: an upper bound. */
function depthOf(text: string): number {
  let [deepest, open] = [0, 0]
  for (const character of text.replace(/(["']).*?\1/g, '')) {
    if (character === '[' || character === '{') open++
    if (character === ']' || character === '}') open = Math.max(0, open - 1)
    deepest = Math.max(deepest, open)
  }
  const indents: number[] = []
  for (const [, indent = '', dashes = ''] of text.matchAll(/^( *)((?:[-?:] +)*)\S/gm)) {
    while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent.length) indents.pop()
    indents.push(indent.length)
    deepest = Math.max(deepest, indents.length + dashes.replace(/ /g, '').length)
  }
  return deepest
}
