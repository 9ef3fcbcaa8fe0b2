// What the scanner knows of each attribute: the bytes before its value in the canonical form, and
// the column that it goes into.
import { type AttributeDefinition, attributeDefinitions, listAttributes } from '@grantlog/record'
import { COLUMN, columnKinds } from '../../language/fields.ts'
import { NUMBER } from '../chunk.ts'

/** Columns by number. */
export const columnNames: readonly string[] = [...Object.values(NUMBER), ...columnKinds.keys()]

const columnNumbers: ReadonlyMap<string, number> = new Map(
  columnNames.map((name, number) => [name, number]),
)

type Derived = 'duration' | 'error' | 'instance' | 'kid' | 'record' | 'route' | 'trace'

/** The columns that are made of no single attribute. */
export const column: Readonly<Record<Derived, number>> = {
  duration: columnNumber(NUMBER.DURATION),
  error: columnNumber(COLUMN.ERROR),
  instance: columnNumber(COLUMN.INSTANCE),
  kid: columnNumber(COLUMN.KID),
  record: columnNumber(COLUMN.RECORD),
  route: columnNumber(COLUMN.ROUTE),
  trace: columnNumber(COLUMN.TRACE),
}

function columnNumber(name: string): number {
  return columnNumbers.get(name)!
}

/** What becomes of a value. */
export const SORT = { NOTHING: 0, WORD: 1, PRINT: 2, PRINTS: 3 } as const

/** Where a value goes. */
export interface Target {
  readonly sort: (typeof SORT)[keyof typeof SORT]
  /** Number of its column; -1 for none. */
  readonly column: number
}

export interface Known extends Target {
  readonly name: string
  /** `"name":{"stringValue":"`, `…{"intValue":"` or `…{"boolValue":`. */
  readonly head: Buffer
  /** The byte that ends the value: a quote, or a brace. */
  readonly ending: number
}

/** What stands before a value, by its type. */
const tags = { string: '{"stringValue":"', int: '{"intValue":"', boolean: '{"boolValue":' }

/** Attributes that stand in the canonical form itself, in the order of JCS. */
export const known: readonly Known[] = [...attributeDefinitions.values()]
  .filter(({ slot }) => slot === null)
  .map(knownOf)
  .sort((a, b) => (a.name < b.name ? -1 : 1))

/** Where the values of an attribute go. */
export function targetOf(name: string): Target {
  const kind = columnKinds.get(name)
  if (kind === undefined) return { sort: SORT.NOTHING, column: -1 }
  const number = columnNumber(name)
  if (kind === 'words') return { sort: SORT.WORD, column: number }
  return { sort: listAttributes.has(name) ? SORT.PRINTS : SORT.PRINT, column: number }
}

function knownOf({ name, type }: AttributeDefinition): Known {
  const head = Buffer.from(`"${name}":${tags[type]}`)
  return { ...targetOf(name), name, head, ending: type === 'boolean' ? 0x7d : 0x22 }
}
