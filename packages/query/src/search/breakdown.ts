// How often each value of one field occurs, and with which values of another: error codes with the
// reasons behind them. See search.test.ts.
import type { RecordIndex } from '../columns/record-index.ts'
import type { QueryField } from '../language/fields.ts'
import type { Prepared } from './matcher.ts'
import { sweep } from './sweep.ts'

export interface Counted {
  /** '' of records without a value. */
  readonly value: string
  readonly count: number
}

export interface BreakdownGroup extends Counted {
  /** The most frequent first; those that are not told are the rest of `count`. */
  readonly parts: readonly Counted[]
}

export interface Breakdown {
  readonly total: number
  /** The most frequent first. */
  readonly groups: readonly BreakdownGroup[]
}

export interface BreakdownOptions {
  /** Fields of one column of words each. */
  readonly by: QueryField
  readonly into: QueryField
  /** Groups that are told, and parts of each. */
  readonly top: number
}

/** Counts in one pass. */
export async function breakDown(
  index: RecordIndex,
  prepared: Prepared,
  { by, into, top }: BreakdownOptions,
): Promise<Breakdown> {
  const [outer, inner] = [columnOf(by), columnOf(into)]
  const groups = new Map<number, Map<number, number>>()
  let total = 0
  for await (const { chunk, count, rows } of sweep(index, prepared)) {
    total += count
    const [outerIds, innerIds] = [chunk.column(outer), chunk.column(inner)]
    for (let n = 0; n < count; n++) {
      const row = rows[n]!
      const id = outerIds?.[row] ?? 0
      let parts = groups.get(id)
      if (parts === undefined) groups.set(id, (parts = new Map()))
      const part = innerIds?.[row] ?? 0
      parts.set(part, (parts.get(part) ?? 0) + 1)
    }
  }
  const told = Array.from(groups, ([id, counts]): BreakdownGroup => {
    const parts = Array.from(counts, ([part, count]) => {
      return { value: wordOf(index, inner, part), count }
    })
    const count = parts.reduce((sum, one) => sum + one.count, 0)
    return { value: wordOf(index, outer, id), count, parts: mostOf(parts, top) }
  })
  return { total, groups: mostOf(told, top) }
}

function columnOf({ columns, name, type }: QueryField): string {
  const [column = '', other] = columns
  const isWord = type === 'word' || type === 'boolean'
  if (!isWord || other !== undefined) throw new RangeError(`${name}: no field of one word`)
  return column
}

function wordOf(index: RecordIndex, column: string, id: number): string {
  return id === 0 ? '' : index.dictionary(column).term(id)
}

function mostOf<T extends Counted>(all: readonly T[], top: number): T[] {
  const sorted = all.toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  return sorted.slice(0, top)
}
