/**
 * What the registry says of each attribute, in words for people: for consoles, completion and help.
 * Apart from the main entry, because an SDK has no use for so much text. See described.test.ts.
 *
 * @module
 */
import { rows } from './described/rows.generated.ts'

export interface Description {
  readonly name: string
  /** The heading it stands under, such as `Client`. */
  readonly group: string
  readonly brief: string
  readonly example: string
  /** What each known value means; empty when values are open. */
  readonly values: ReadonlyMap<string, string>
  /** Whether no other values than these are to be expected. */
  readonly isClosed: boolean
}

/** By name, in the registry's order; covered attributes of every version. */
export const descriptions: ReadonlyMap<string, Description> = new Map(
  rows.map(([name, group, brief, example, values, isClosed]) => {
    const told = { values: new Map(Object.entries(values)), isClosed }
    return [name, { name, group, brief, example, ...told }]
  }),
)
