// The words of one column as numbers, in the order in which they came. See record-index.test.ts.
import { MAX_COLUMN_TERMS, MAX_COLUMN_UNITS } from '../limits.ts'

/** What a record has that came when a column had all the words it may have. */
export const OVERFLOW = '…'

export class Dictionary {
  /** By id; 0 stands for no word. */
  readonly #terms: string[] = ['']
  readonly #ids = new Map<string, number>()
  /** UTF-16 units of all words. */
  #units = 0

  /** Ids are below it. */
  get size(): number {
    return this.#terms.length
  }

  /** The id of a word, given out when it is new. */
  idOf(term: string): number {
    const known = this.#ids.get(term)
    if (known !== undefined) return known
    const fits = this.#terms.length < MAX_COLUMN_TERMS && this.#units < MAX_COLUMN_UNITS
    return this.#add(fits ? term : OVERFLOW)
  }

  term(id: number): string {
    return this.#terms[id] ?? ''
  }

  has(term: string): boolean {
    return this.#ids.has(term)
  }

  /** The words from an id on. */
  after(id: number): readonly string[] {
    return this.#terms.slice(id)
  }

  #add(term: string): number {
    const known = this.#ids.get(term)
    if (known !== undefined) return known
    const id = this.#terms.length
    this.#terms.push(term)
    this.#units += term.length
    this.#ids.set(term, id)
    return id
  }
}
