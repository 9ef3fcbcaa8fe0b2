// What a row of a commit says, as an event has it: nothing is made for an attribute that nobody
// asks for. See test/flow/event-rows.test.ts.
import type { CommitRows } from '@grantlog/ledger'
import type { AttributeValue } from '@grantlog/record'
import { DetectError } from './codes.ts'
import { DURATION_MS, type EventAttributes } from './event.ts'

/** Of the row that it stands at, until it stands at another: then they throw. */
export class RowAttributes implements EventAttributes {
  readonly #rows: CommitRows
  readonly #serial: number

  constructor(rows: CommitRows) {
    this.#rows = rows
    this.#serial = rows.serial
  }

  get(name: string): AttributeValue | undefined {
    const value = this.#current().get(name)
    if (value !== undefined || name !== DURATION_MS) return value
    return BigInt(this.tookMs)
  }

  /** The value in a column. */
  at(column: number): AttributeValue | undefined {
    const rows = this.#current()
    return rows.valueOf(rows.numberAt(column))
  }

  /** `DURATION_MS`. */
  get tookMs(): number {
    return Math.floor(this.#current().tookUs / 1000)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  #current(): CommitRows {
    const rows = this.#rows
    if (rows.serial !== this.#serial) throw new DetectError('EVENT_OVER')
    return rows
  }

  *[Symbol.iterator](): MapIterator<[string, AttributeValue]> {
    for (const [name] of this.#rows.all()) yield [name, this.get(name)!]
    yield [DURATION_MS, this.get(DURATION_MS)!]
    return undefined
  }
}
