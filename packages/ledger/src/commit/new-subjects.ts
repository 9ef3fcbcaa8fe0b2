// How many keys of new subjects are made in a minute. Whoever can make a service write records
// about people that nobody knows (log-ins with invented names) would fill the keystore with them;
// beyond the limit they share a key. No record is refused for it. See subjects.test.ts.
const minuteMs = 60_000

/**
 * Counted in the minutes of the records: `receivedAt`, Unix milliseconds, which never decreases.
 */
export class NewSubjects {
  readonly #perMinute: number
  #minute = -1
  #made = 0

  constructor(perMinute: number) {
    this.#perMinute = perMinute
  }

  /** Takes one more of this minute; false when there are none left. */
  take(receivedAt: number): boolean {
    const minute = Math.floor(receivedAt / minuteMs)
    if (minute !== this.#minute) this.#made = 0
    this.#minute = minute
    if (this.#made >= this.#perMinute) return false
    this.#made++
    return true
  }
}
