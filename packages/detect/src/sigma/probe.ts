// An event as predicates look at it: each field read once, however many rules ask for it.
import { type AttributeValue, decodeList, listAttributes } from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import { MAX_MATCHED_CHARS } from '../limits.ts'
import { type FieldReader, readerOf } from './fields.ts'

/** The values of a field; the three lists are of one length. */
export interface Values {
  readonly raw: readonly AttributeValue[]
  readonly texts: readonly string[]
  /** As texts, in lower case. */
  readonly lower: readonly string[]
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
  #values: (Values | undefined)[] = []
  /** The event whose values stand there, by the same number as in the table. */
  #isRead: boolean[] = []
  #everything: Values | null = null

  constructor(table: FieldTable) {
    this.#table = table
  }

  /** From now on `values` are of this event. */
  look(event: AuditEvent): void {
    this.#event = event
    this.#values = []
    this.#isRead = []
    this.#everything = null
  }

  /** Undefined: the event does not have the field. */
  values(field: number): Values | undefined {
    if (this.#isRead[field] === true) return this.#values[field]
    this.#isRead[field] = true
    const raw = this.#event === null ? undefined : this.#table.readers[field]?.(this.#event)
    const values = raw === undefined ? undefined : valuesOf(raw)
    this.#values[field] = values
    return values
  }

  /** The values of all attributes, for keywords. */
  everything(): Values {
    this.#everything ??= valuesOf(
      [...(this.#event?.attributes ?? [])].flatMap(([name, value]) =>
        typeof value === 'string' && listAttributes.has(name) ? decodeList(value) : [value],
      ),
    )
    return this.#everything
  }
}

function valuesOf(raw: readonly AttributeValue[]): Values {
  const texts = raw.map(textOf)
  return { raw, texts, lower: texts.map((text) => text.toLowerCase()) }
}

function textOf(value: AttributeValue): string {
  return typeof value === 'string' ? value.slice(0, MAX_MATCHED_CHARS) : String(value)
}
