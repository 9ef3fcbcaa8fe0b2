// Sinks that never lie: what one says it took, it took. But it may take and be too late to say so.
import type { Random } from '@grantlog/journal/testing'
import type { PostOptions } from '../../../../packages/receiver/src/forward/io/post.ts'
import type { SendOutcome } from '../../../../packages/receiver/src/forward/outcome.ts'
import { bodiesIn, recordsIn } from './commits.ts'

export const sinkNames: readonly string[] = ['one', 'two']

/** What one sink was sent and took, in order. */
export interface Taken {
  readonly records: number[]
  readonly bodies: number[]
}

const requestUnitsMax = 6

export class FakeSinks {
  readonly taken: ReadonlyMap<string, Taken>
  /** False while sinks have bad days. */
  areWell = false
  refusals = 0
  lostAnswers = 0
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
    this.taken = new Map(sinkNames.map((name) => [name, { records: [], bodies: [] }]))
  }

  /** In place of HTTP. */
  post = async (
    parts: readonly Uint8Array[],
    { url }: Pick<PostOptions, 'url'>,
  ): Promise<SendOutcome> => {
    const body = Buffer.concat(parts)
    const name = new URL(url).hostname
    const units = { records: recordsIn(body), bodies: bodiesIn(body) }
    const random = this.#random
    const later = { outcome: 'later', reason: 'HTTP 503', retryAfterMs: 0 } as const
    if (!this.areWell && random.oneIn(3)) return later
    const count = units.records.length + units.bodies.length
    if (count > requestUnitsMax) return { outcome: 'refused', status: 413 }
    const isBad = (number: number): boolean => (number * 7 + name.length) % 11 === 0
    const good = {
      records: units.records.filter((number) => !isBad(number)),
      bodies: units.bodies.filter((number) => !isBad(number)),
    }
    const bad = count - good.records.length - good.bodies.length
    if (bad > 0) this.refusals++
    if (bad > 0 && random.oneIn(2)) return { outcome: 'refused', status: 400 }
    const taken = this.taken.get(name)!
    taken.records.push(...good.records)
    taken.bodies.push(...good.bodies)
    if (!this.areWell && random.oneIn(6)) {
      this.lostAnswers++
      return later
    }
    return { outcome: 'taken', rejectedSpans: bad }
  }
}
