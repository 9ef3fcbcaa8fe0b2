// What the values of openings are, for who reads many commits: records of a service have a few
// outlines (FORMAT.md 3.3), and each is understood once. See known-outlines.test.ts.
import { type AttributeDefinition, attributeDefinitions, type SlotName } from '@grantlog/record'

/** A value of an opening: of an attribute, or what stands without a text of its own. */
export type OutlineField =
  | { readonly name: string; readonly type: 'string' | 'int' }
  | { readonly name: string; readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'salt' }

/** Outlines that are remembered: strangers make some of them. */
const outlinesMax = 1_024

interface Known<T> {
  readonly bytes: Buffer
  readonly use: T | null
}

/** Outlines, and what is made of each. */
export class KnownOutlines<T> {
  readonly #useOf: (fields: readonly OutlineField[]) => T
  readonly #known = new Map<string, Known<T>>()
  /** Most records have that of the record before. */
  #last: Known<T> | null = null

  /** `useOf`: what somebody makes of the fields, in the order of the values. */
  constructor(useOf: (fields: readonly OutlineField[]) => T) {
    this.#useOf = useOf
  }

  /** Of the outline that stands there; null for one that is unusual. */
  at(bytes: Buffer, from: number, to: number): T | null {
    const last = this.#last
    if (
      last?.bytes.length === to - from &&
      bytes.compare(last.bytes, 0, to - from, from, to) === 0
    ) {
      return last.use
    }
    this.#last = this.#find(bytes.subarray(from, to))
    return this.#last.use
  }

  #find(bytes: Buffer): Known<T> {
    const text = bytes.toString('latin1')
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const fields = fieldsOf(bytes)
    const found = { bytes: Buffer.from(bytes), use: fields === null ? null : this.#useOf(fields) }
    if (this.#known.size >= outlinesMax) this.#known.clear()
    this.#known.set(text, found)
    return found
  }
}

/** u8 length ‖ slot ‖ u16 length ‖ opening, whose values are empty and which is JSON, too. */
function fieldsOf(bytes: Buffer): readonly OutlineField[] | null {
  const fields: OutlineField[] = []
  for (let at = 0; at < bytes.length;) {
    const slotTo = at + 1 + bytes[at]!
    const slot = bytes.toString('latin1', at + 1, slotTo)
    const from = slotTo + 2
    const to = from + (from > bytes.length ? 0 : bytes.readUInt16BE(slotTo))
    const tagged = to > bytes.length ? null : taggedIn(bytes.toString('utf8', from, to))
    if (tagged === null) return null
    for (const [name, value] of Object.entries(tagged)) {
      const definition = attributeDefinitions.get(name)
      const field = definition?.slot === (slot as SlotName) ? fieldOf(definition, value) : null
      if (field === null) return null
      fields.push(field)
    }
    fields.push({ type: 'salt' })
    at = to
  }
  return fields
}

interface Tagged {
  readonly stringValue?: unknown
  readonly intValue?: unknown
  readonly boolValue?: unknown
}

function fieldOf({ name, type }: AttributeDefinition, value: Tagged): OutlineField | null {
  const { boolValue, intValue, stringValue } = value
  if (type === 'boolean')
    return typeof boolValue === 'boolean' ? { name, type, value: boolValue } : null
  return (type === 'string' ? stringValue : intValue) === '' ? { name, type } : null
}

const openingForm = /^\{"fields":\{.*\},"salt":""\}$/s

function taggedIn(opening: string): Readonly<Record<string, Tagged>> | null {
  if (!openingForm.test(opening)) return null
  try {
    return (JSON.parse(opening) as { readonly fields: Record<string, Tagged> }).fields
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
