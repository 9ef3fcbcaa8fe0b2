// What the names of the expectation file, such as `$alice`, turn out to stand for.

type Value = string | number | boolean | null

/** A name means what it meant first, and no two names mean the same. */
export class Names {
  readonly #valueOf = new Map<string, Value>()
  readonly #nameOf = new Map<Value, string>()

  /** null when `value` is what the name stands for; else what is wrong with it. */
  problemWith(name: string, value: Value): string | null {
    if (value === null) return `is not said, ${name} is expected`
    const known = this.#valueOf.get(name)
    if (known !== undefined) return known === value ? null : `is ${this.#tell(value)}, not ${name}`
    const other = this.#nameOf.get(value)
    if (other !== undefined) return `is ${other}, not ${name}`
    this.#valueOf.set(name, value)
    this.#nameOf.set(value, name)
    return null
  }

  #tell(value: Value): string {
    return this.#nameOf.get(value) ?? 'something new'
  }
}
