/**
 * Long work that stops wherever it may be left for a moment: whoever runs it lets others have their
 * turn in between. It stops at least every fraction of a millisecond, and gives its result at last.
 */
export type Work<T> = Generator<void, T, void>

/** All of it at once. */
export function done<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}
