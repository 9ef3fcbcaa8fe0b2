// Where the values of openings go. Records of a service have a few outlines (FORMAT.md 3.3), and
// each is understood once: then values are known by their number.
import { attributeDefinitions } from '@grantlog/record'
import type { Text } from './cells.ts'
import { SORT, type Target, targetOf } from './known.ts'
import { Piece } from './pieces.ts'

/** Outlines that are remembered: strangers make some of them. */
const outlinesMax = 1_024

export interface Outline {
  /** By value, salts included. */
  readonly targets: readonly Target[]
  /** What is told without a value. */
  readonly booleans: readonly { readonly target: Target; readonly text: string }[]
}

const salt: Target = { sort: SORT.NOTHING, column: -1 }

/** Null for an outline that is unusual. */
interface KnownOutline {
  readonly piece: Piece
  readonly outline: Outline | null
}

export class Outlines {
  readonly #known = new Map<string, KnownOutline>()
  /** Most records have that of the record before. */
  #last: KnownOutline | null = null

  /** Null for one that is unusual. */
  at({ bytes, view }: Text, from: number, to: number): Outline | null {
    const last = this.#last
    if (last?.piece.length === to - from && last.piece.isAt(view, from, to)) return last.outline
    this.#last = this.#find(bytes.subarray(from, to))
    return this.#last.outline
  }

  #find(bytes: Buffer): KnownOutline {
    const text = bytes.toString('latin1')
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const found = { piece: new Piece(Buffer.from(bytes)), outline: outlineOf(bytes) }
    if (this.#known.size >= outlinesMax) this.#known.clear()
    this.#known.set(text, found)
    return found
  }
}

/** Openings whose values are empty are JSON, too. */
function outlineOf(bytes: Buffer): Outline | null {
  const targets: Target[] = []
  const booleans: { target: Target; text: string }[] = []
  for (let at = 0; at < bytes.length;) {
    const from = at + 1 + bytes[at]! + 2
    const to = from + (from > bytes.length ? 0 : bytes.readUInt16BE(from - 2))
    const fields = fieldsOf(bytes.subarray(from, to))
    if (to > bytes.length || fields === null) return null
    for (const [name, { boolValue, intValue, stringValue }] of Object.entries(fields)) {
      if (!attributeDefinitions.has(name)) return null
      if (stringValue === '' || intValue === '') targets.push(targetOf(name))
      else if (typeof boolValue === 'boolean') {
        booleans.push({ target: targetOf(name), text: String(boolValue) })
      } else return null
    }
    targets.push(salt)
    at = to
  }
  return { targets, booleans }
}

interface Tagged {
  readonly stringValue?: unknown
  readonly intValue?: unknown
  readonly boolValue?: unknown
}

function fieldsOf(opening: Buffer): Readonly<Record<string, Tagged>> | null {
  try {
    const { fields } = JSON.parse(opening.toString()) as { fields?: Record<string, Tagged> }
    return fields ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
