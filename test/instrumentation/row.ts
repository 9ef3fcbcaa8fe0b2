// What a file of libraries/ exports: one library as an application uses it.

/** How an application loads it: what `require` gives is a CommonJS or an ES module. */
export type Way = 'import' | 'require' | 'require(esm)'

/** One version that is tested: the oldest or the newest of its major. */
export interface Version {
  /** Exact; `node`: a part of Node itself. */
  readonly version: string
  readonly ways: readonly Way[]
  /** Packages that are installed beside it, with exact versions. */
  readonly beside?: Readonly<Record<string, string>>
  /** Of the row's modules, those that it has not, or cannot load. */
  readonly lacks?: readonly string[]
  /** What is otherwise with it, for the table. */
  readonly note?: string
}

/** What differs between the cells of a row. */
export interface About {
  readonly version: string
  readonly major: number
  readonly way: Way
}

/** The attributes that a record must have, by their whole names; null: it must not have it. */
export type Says = Readonly<Record<string, string | number | boolean | RegExp | null>>

/** A record that the flow must make: action, outcome, and what else it says. */
export type ExpectedRecord = readonly [action: string, outcome: string, says?: Says]

export interface Library {
  /** The package on npm, or a name for a part of Node. */
  readonly name: string
  /** Its name in the table, where a library has several rows. */
  readonly title?: string
  /** What the application loads, in this order. */
  readonly modules: readonly string[]
  readonly versions: readonly Version[]
  /** Majors whose own hooks do not work, and why: they must be harmless, and have these records. */
  readonly unhooked?: Readonly<Record<number, string>>
  /** Members that are seen where there were none, each with its reason; `disable` takes them. */
  readonly visible?: Readonly<Record<string, string>>
  /** What the table of the documentation says of the records. */
  readonly adds: string
  /** The application. Its modules have the names of `modules`. */
  readonly flow: (modules: Readonly<Record<string, unknown>>, app: unknown) => Promise<void>
  /** All records of the flow, in their order. */
  readonly records: (about: About) => readonly ExpectedRecord[]
  /** One small piece of work that can be done any number of times; starts what it needs. */
  readonly turn?: (
    modules: Readonly<Record<string, unknown>>,
    app: unknown,
  ) => Promise<() => Promise<void>>
}

/** What a file of examples/ exports. */
export type Example = Pick<Library, 'name' | 'modules' | 'visible' | 'flow'>

export function majorOf(version: string): number {
  return Number.parseInt(version, 10)
}
