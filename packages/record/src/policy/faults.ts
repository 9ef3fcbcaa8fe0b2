// What is wrong with a policy, gathered: an operator mends a file once, not fault by fault. Texts
// hold no value of the document; where the fault is, its pointer says.
import { isObject } from '../canonical/jcs.ts'
import { PolicyError } from '../codes.ts'
import { policyFaultsMax, policyItemsMax, policyTextMax } from '../limits.ts'
import type { JsonValue } from '../span.ts'

export type JsonObject = { readonly [name: string]: JsonValue }

/** What a text must look like, and how to say so. `pattern` is also that of the JSON Schema. */
export interface Form {
  readonly pattern: RegExp
  readonly fix: string
}

/** Reads values of a document; what does not fit is noted, and read as nothing. */
export interface Faults {
  /** In the order in which they were found. */
  readonly all: readonly PolicyError[]
  readonly malformed: (at: string, what: string, fix: string, member?: string) => void
  readonly objectIn: (value: JsonValue, at: string, members: readonly string[]) => JsonObject
  /** The entries of a map whose keys the operator chose. */
  readonly entriesIn: (
    value: JsonValue,
    at: string,
    form: Form,
  ) => readonly (readonly [name: string, value: JsonValue])[]
  readonly itemsIn: (value: JsonValue, at: string, max?: number) => readonly JsonValue[]
  /** null: it is none. */
  readonly textIn: (value: JsonValue, at: string, form: Form) => string | null
  readonly textsIn: (value: JsonValue, at: string, form: Form) => readonly string[]
  readonly oneOf: <T extends string>(all: readonly T[], value: JsonValue, at: string) => T | null
  readonly countIn: (value: JsonValue, at: string) => number | null
}

export function createFaults(): Faults {
  const all: PolicyError[] = []

  function add(error: PolicyError): void {
    if (all.length < policyFaultsMax) all.push(error)
  }
  function malformed(at: string, what: string, fix: string, member?: string): void {
    const told = { pointer: at, what, fix }
    add(new PolicyError('POLICY_MALFORMED', member === undefined ? told : { ...told, member }))
  }
  function limit(at: string, what: string, fix: string): void {
    add(new PolicyError('POLICY_LIMIT_EXCEEDED', { pointer: at, what, fix }))
  }
  function objectIn(value: JsonValue, at: string, members: readonly string[]): JsonObject {
    if (!isObject(value)) {
      malformed(at, 'not an object', 'write {…}, or members below it, each indented')
      return {}
    }
    const unknown = Object.keys(value).filter((name) => !members.includes(name))
    for (const name of unknown) {
      malformed(at, 'unknown member', `write only ${members.join(', ')}`, name)
    }
    return value
  }
  function entriesIn(value: JsonValue, at: string, form: Form): (readonly [string, JsonValue])[] {
    if (!isObject(value)) {
      malformed(at, 'not an object', 'write {NAME: {…}, …}')
      return []
    }
    const entries = Object.entries(value)
    if (entries.length > policyItemsMax) {
      limit(at, `more than ${policyItemsMax} members`, 'write fewer')
      return []
    }
    for (const [name] of entries) {
      if (!isText(name, form)) malformed(at, 'a name that cannot be', form.fix, name)
    }
    return entries
  }
  function itemsIn(value: JsonValue, at: string, max = policyItemsMax): readonly JsonValue[] {
    if (!Array.isArray(value)) {
      malformed(at, 'not an array', 'write […]')
      return []
    }
    if (value.length <= max) return value as readonly JsonValue[]
    limit(at, `more than ${max} items`, 'write fewer')
    return []
  }
  function textIn(value: JsonValue, at: string, form: Form): string | null {
    if (typeof value !== 'string' || value === '') {
      malformed(at, 'not a text', form.fix)
    } else if (value.length > policyTextMax) {
      limit(at, `more than ${policyTextMax} characters`, form.fix)
    } else if (isText(value, form)) {
      return value
    } else {
      malformed(at, 'not in the form it must have', form.fix)
    }
    return null
  }
  function oneOf<T extends string>(allowed: readonly T[], value: JsonValue, at: string): T | null {
    const found = allowed.find((one) => one === value) ?? null
    if (found === null) malformed(at, 'no such kind', `write one of ${allowed.join(', ')}`)
    return found
  }
  return {
    all,
    malformed,
    objectIn,
    entriesIn,
    itemsIn,
    textIn,
    textsIn: (value, at, form) =>
      itemsIn(value, at).flatMap((item, i) => textIn(item, `${at}/${i}`, form) ?? []),
    oneOf,
    countIn: (value, at) => {
      if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
      malformed(at, 'not a count', 'write a whole number above 0, without a unit')
      return null
    },
  }
}

function isText(text: string, { pattern }: Form): boolean {
  return text.length <= policyTextMax && text.isWellFormed() && pattern.test(text)
}

/** A member's pointer (RFC 6901). */
export function below(at: string, name: string): string {
  return `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
