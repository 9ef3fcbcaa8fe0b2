// Who holds a token now, looked up for each validation that a hook cannot place. A `Map` would do,
// but what comes and goes with each request must not be in one: V8 replaces its table every few
// deletions and has the old table point to the new one. Once one of them is in the old generation,
// each later one is kept alive by it until all of the heap is marked, which therefore comes sooner,
// and moves the table of that moment there, too. See holders.test.ts.
import { randomInt } from 'node:crypto'

export interface Holders<T> {
  readonly add: (token: string, holder: T) => void
  /** One that was added. */
  readonly remove: (token: string, holder: T) => void
  /** In the order in which they came. */
  readonly of: (token: string) => readonly T[]
}

interface Holding<T> {
  readonly token: string
  readonly holder: T
}

const buckets = 1024
/** Characters of a token's end that tell its bucket: all of it would be read for each request. */
const endLength = 16
const noHolders: readonly never[] = []

export function createHolders<T>(): Holders<T> {
  const held: Holding<T>[][] = Array.from({ length: buckets }, () => [])
  // Which ends fall into one nobody knows; tokens of the same end always do.
  const seed = randomInt(2 ** 31)

  function bucketOf(token: string): Holding<T>[] {
    let hash = seed
    for (let i = Math.max(0, token.length - endLength); i < token.length; i++) {
      hash = Math.imul(hash ^ token.charCodeAt(i), 16_777_619)
    }
    return held[(hash ^ (hash >>> 15)) & (buckets - 1)]!
  }

  return {
    add: (token, holder) => void bucketOf(token).push({ token, holder }),
    remove: (token, holder) => {
      const bucket = bucketOf(token)
      const at = bucket.findLastIndex((one) => one.holder === holder)
      // Mostly it is the only one.
      if (at === bucket.length - 1) bucket.pop()
      else if (at >= 0) bucket.splice(at, 1)
    },
    of: (token) => {
      const bucket = bucketOf(token)
      if (bucket.length === 0) return noHolders
      return bucket.filter((one) => one.token === token).map(({ holder }) => holder)
    },
  }
}
