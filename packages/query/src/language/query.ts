// A query as data: what the text of the language means, and its JSON form (`{"field": "client",
// "tests": [{"is": "web"}]}`). See parse.test.ts.

/** What a value must be. Texts are as written: times and durations are read when it is run. */
export type Test =
  | { readonly is: string }
  /** `*` stands for any characters, none too; `\*` for itself. */
  | { readonly like: string }
  /** There is a value. */
  | { readonly has: true }
  | {
      readonly above?: string
      readonly from?: string
      readonly to?: string
      readonly below?: string
    }

export type Query =
  | { readonly all: readonly Query[] }
  | { readonly any: readonly Query[] }
  | { readonly not: Query }
  /** One of the tests holds for one of the field's values. */
  | { readonly field: string; readonly tests: readonly Test[] }
  /** A word that occurs in any of the words of a record. */
  | { readonly text: string }

/** Matches every record. */
export const everything: Query = { all: [] }
