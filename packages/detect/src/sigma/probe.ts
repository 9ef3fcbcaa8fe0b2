// An event as predicates look at it: each field read once, however many rules ask for it.
import { type AttributeValue, decodeList, listAttributes } from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import { MAX_MATCHED_CHARS } from '../limits.ts'
import { type FieldReader, readerOf } from './fields.ts'

/** The values of a field; the three lists are of one length. */
export class Values {
  readonly raw: readonly AttributeValue[]
  readonly texts: readonly string[]
  #lower: readonly string[] | null = null

  constructor(raw: readonly AttributeValue[]) {
    this.raw = raw
    this.texts = raw.length === 1 ? [textOf(raw[0]!)] : raw.map(textOf)
  }

  /** As texts, in lower case. */
  get lower(): readonly string[] {
    return (this.#lower ??= this.texts.map((text) => text.toLowerCase()))
  }
}

/** Numbers for the names of fields, given out while rules are compiled. */
export class FieldTable {
  readonly readers: FieldReader[] = []
  readonly #numbers = new Map<string, number>()

  /** The number of a field. */
  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    const number = this.readers.push(readerOf(name)) - 1
    this.#numbers.set(name, number)
    return number
  }
}

/** The event that is looked at; one probe serves one event after another. */
export class Probe {
  readonly #table: FieldTable
  #event: AuditEvent | null = null
  /** How many events there were. */
  #number = 0
  /** By the numbers of the table. */
  readonly #values: (Values | undefined)[] = []
  /** Which event the values are of, each. */
  readonly #readAt: number[] = []
  #everything: Values | null = null

  constructor(table: FieldTable) {
    this.#table = table
  }

  /** From now on `values` are of this event. */
  look(event: AuditEvent): void {
    this.#event = event
    this.#number++
    this.#everything = null
  }

  /** Undefined: the event does not have the field. */
  values(field: number): Values | undefined {
    if (this.#readAt[field] === this.#number) return this.#values[field]
    this.#readAt[field] = this.#number
    const raw = this.#event === null ? undefined : this.#table.readers[field]?.(this.#event)
    const values = raw === undefined ? undefined : new Values(raw)
    this.#values[field] = values
    return values
  }

  /** The values of all attributes, for keywords. */
  everything(): Values {
    this.#everything ??= new Values(
      [...(this.#event?.attributes ?? [])].flatMap(([name, value]) =>
        typeof value === 'string' && listAttributes.has(name) ? decodeList(value) : [value],
      ),
    )
    return this.#everything
  }
}

function textOf(value: AttributeValue): string {
  if (typeof value !== 'string') return String(value)
  return value.length > MAX_MATCHED_CHARS ? value.slice(0, MAX_MATCHED_CHARS) : value
}
