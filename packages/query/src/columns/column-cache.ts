// Columns that were read lately, up to so many bytes.
import type { Column } from './chunk.ts'

type Read = () => Column | undefined

export class ColumnCache {
  readonly #mostBytes: number
  readonly #kept = new Map<string, Column | null>()
  #bytes = 0

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The column, from memory or by `read`; the one used longest ago makes room. */
  get(key: string, read: Read): Column | undefined {
    const known = this.#kept.get(key)
    if (known !== undefined) {
      this.#kept.delete(key)
      this.#kept.set(key, known)
      return known ?? undefined
    }
    const column = read() ?? null
    this.#kept.set(key, column)
    this.#bytes += column?.byteLength ?? 0
    for (const [oldest, one] of this.#kept) {
      if (this.#bytes <= this.#mostBytes || oldest === key) break
      this.#kept.delete(oldest)
      this.#bytes -= one?.byteLength ?? 0
    }
    return column ?? undefined
  }

  clear(): void {
    this.#kept.clear()
    this.#bytes = 0
  }
}
