// What a row of a commit says, as an event has it: nothing is made for an attribute that nobody
// asks for. See test/flow/event-rows.test.ts.
import { columnOf, type CommitRows } from '@grantlog/ledger'
import { attributeDefinitions, type AttributeValue } from '@grantlog/record'
import { DetectError } from './codes.ts'
import { DURATION_MS, type EventAttributes } from './event.ts'

/** Of the row that it stands at, until it stands behind those made together: then they throw. */
export class RowAttributes implements EventAttributes {
  readonly #rows: CommitRows
  readonly #row: number
  /** The last leaf of those whose rows were made together. */
  readonly #lastSerial: number

  /** `together`: how many rows are there from this one on, itself among them. */
  constructor(rows: CommitRows, together: number) {
    this.#rows = rows
    this.#row = rows.row
    this.#lastSerial = rows.serial + together - 1
  }

  get(name: string): AttributeValue | undefined {
    const column = columnOf(name)
    const value = column === undefined ? undefined : this.at(column)
    if (value !== undefined || name !== DURATION_MS) return value
    return BigInt(this.tookMs)
  }

  /** The value in a column. */
  at(column: number): AttributeValue | undefined {
    const rows = this.#current()
    return rows.valueOf(rows.numberAt(column, this.#row))
  }

  /** `DURATION_MS`. */
  get tookMs(): number {
    return Math.floor(this.#current().tookAt(this.#row) / 1000)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  #current(): CommitRows {
    const rows = this.#rows
    if (rows.serial > this.#lastSerial) throw new DetectError('EVENT_OVER')
    return rows
  }

  *[Symbol.iterator](): MapIterator<[string, AttributeValue]> {
    for (const name of [...attributeDefinitions.keys(), DURATION_MS]) {
      const value = this.get(name)
      if (value !== undefined) yield [name, value]
    }
    return undefined
  }
}
