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
export class Faults {
  readonly #all: PolicyError[] = []

  /** In the order in which they were found. */
  get all(): readonly PolicyError[] {
    return this.#all
  }

  malformed(at: string, what: string, fix: string, member?: string): void {
    const told = { pointer: at, what, fix }
    this.#add(
      new PolicyError('POLICY_MALFORMED', member === undefined ? told : { ...told, member }),
    )
  }

  objectIn(value: JsonValue, at: string, members: readonly string[]): JsonObject {
    if (!isObject(value)) {
      this.malformed(at, 'not an object', 'write {…}, or members below it, each indented')
      return {}
    }
    const unknown = Object.keys(value).filter((name) => !members.includes(name))
    for (const name of unknown) {
      this.malformed(at, 'unknown member', `write only ${members.join(', ')}`, name)
    }
    return value
  }

  /** The entries of a map whose keys the operator chose. */
  entriesIn(value: JsonValue, at: string, form: Form): (readonly [string, JsonValue])[] {
    if (!isObject(value)) {
      this.malformed(at, 'not an object', 'write {NAME: {…}, …}')
      return []
    }
    const entries = Object.entries(value)
    if (entries.length > policyItemsMax) {
      this.#limit(at, `more than ${policyItemsMax} members`, 'write fewer')
      return []
    }
    for (const [name] of entries) {
      if (!isText(name, form)) this.malformed(at, 'a name that cannot be', form.fix, name)
    }
    return entries
  }

  itemsIn(value: JsonValue, at: string, max: number = policyItemsMax): readonly JsonValue[] {
    if (!Array.isArray(value)) {
      this.malformed(at, 'not an array', 'write […]')
      return []
    }
    if (value.length <= max) return value as readonly JsonValue[]
    this.#limit(at, `more than ${max} items`, 'write fewer')
    return []
  }

  /** null: it is none. */
  textIn(value: JsonValue, at: string, form: Form): string | null {
    if (typeof value !== 'string' || value === '') {
      this.malformed(at, 'not a text', form.fix)
    } else if (value.length > policyTextMax) {
      this.#limit(at, `more than ${policyTextMax} characters`, form.fix)
    } else if (isText(value, form)) {
      return value
    } else {
      this.malformed(at, 'not in the form it must have', form.fix)
    }
    return null
  }

  textsIn(value: JsonValue, at: string, form: Form): readonly string[] {
    const items = this.itemsIn(value, at)
    return items.flatMap((item, i) => this.textIn(item, `${at}/${i}`, form) ?? [])
  }

  oneOf<T extends string>(allowed: readonly T[], value: JsonValue, at: string): T | null {
    const found = allowed.find((one) => one === value) ?? null
    if (found === null) this.malformed(at, 'no such kind', `write one of ${allowed.join(', ')}`)
    return found
  }

  countIn(value: JsonValue, at: string): number | null {
    if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
    this.malformed(at, 'not a count', 'write a whole number above 0, without a unit')
    return null
  }

  #limit(at: string, what: string, fix: string): void {
    this.#add(new PolicyError('POLICY_LIMIT_EXCEEDED', { pointer: at, what, fix }))
  }

  #add(error: PolicyError): void {
    if (this.#all.length < policyFaultsMax) this.#all.push(error)
  }
}

function isText(text: string, { pattern }: Form): boolean {
  return text.length <= policyTextMax && text.isWellFormed() && pattern.test(text)
}

/** A member's pointer (RFC 6901). */
export function below(at: string, name: string): string {
  return `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
