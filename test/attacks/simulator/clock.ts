// A clock that only jumps: to when the next of its plays goes on.

/** Something that happens over time: a generator of how long it waits, ms. */
export type Play = Generator<number, void, void>

interface Turn {
  readonly atMs: number
  /** In which order turns of the same moment come. */
  readonly order: number
  readonly play: Play
}

export class Clock {
  #nowMs: number
  #order = 0
  readonly #turns = new Heap<Turn>((a, b) => a.atMs - b.atMs || a.order - b.order)

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  /** Unix ms. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** The play begins after so many ms. */
  start(play: Play, afterMs = 0): void {
    this.#turns.push({ atMs: Math.round(this.#nowMs + afterMs), order: this.#order++, play })
  }

  /** Takes the next turn, if there is one before `endMs`. */
  step(endMs: number): boolean {
    const next = this.#turns.peek()
    if (next === undefined || next.atMs >= endMs) return false
    this.#turns.pop()
    this.#nowMs = next.atMs
    const { done, value } = next.play.next()
    if (done !== true) this.start(next.play, Math.max(0, value))
    return true
  }
}

/** Gives the least first. */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #compare: (a: T, b: T) => number

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (this.#compare(items[above]!, item) <= 0) break
      items[at] = items[above]!
      at = above
    }
    items[at] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= items.length) break
      if (below + 1 < items.length && this.#compare(items[below + 1]!, items[below]!) < 0) below++
      if (this.#compare(last, items[below]!) <= 0) break
      items[at] = items[below]!
      at = below
    }
    items[at] = last
    return first
  }
}
