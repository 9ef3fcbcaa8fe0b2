// What who seals handovers remembers: which have their leaf already, and the folder's names, which
// are asked for several times a second. What this process sealed it remembers, the newest of
// it; only before that, as after a crash, the log is asked: its leaves alone, once for all that
// wait, and nothing is decrypted. See handover.test.ts.
import { entriesOf } from '../format/frame.ts'
import { decodeLeaf } from '../format/leaf.ts'
import { sealedRememberedMax } from '../limits.ts'
import type { FrameLeaves } from '../prove/frames.ts'
import { namesIn } from './durable.ts'
import type { HandedOver } from './handover.ts'
import { readWhenChanged, type Rereading } from './when-changed.ts'

/** What of a ledger is asked. */
export interface AskedLedger {
  readonly nextFrame: number
  leaves(from: number, to: number): AsyncIterable<FrameLeaves>
}

type Known = Pick<HandedOver, 'frame' | 'id' | 'type'>

/** Of one ledger and type, as long as nobody else seals what is handed over to it. */
export class SealedBefore {
  readonly #ledger: AskedLedger
  readonly #half: number
  /** Places of leaves by id. All that were sealed from a commit on are in one of two maps. */
  #young = new Map<string, number>()
  #old = new Map<string, number>()
  #youngFrom: number
  #oldFrom: number
  #names: { readonly folder: string; readonly list: Rereading<string[]> } | null = null

  constructor(ledger: AskedLedger, max: number = sealedRememberedMax) {
    this.#ledger = ledger
    this.#half = Math.ceil(max / 2)
    this.#youngFrom = ledger.nextFrame
    this.#oldFrom = ledger.nextFrame
  }

  /** Names in the folder where they wait. */
  namesIn(folder: string): Rereading<string[]> {
    if (this.#names?.folder !== folder) {
      this.#names = { folder, list: readWhenChanged(folder, () => namesIn(folder)) }
    }
    return this.#names.list
  }

  /** It has its leaf there. */
  add(id: string, index: number): void {
    this.#young.set(id, index)
    if (this.#young.size < this.#half) return
    this.#old = this.#young
    this.#oldFrom = this.#youngFrom
    this.#young = new Map()
    this.#youngFrom = this.#ledger.nextFrame
  }

  /** Places of those that have one, by id. Throws LEDGER_FORMAT, LEDGER_DAMAGED. */
  async find(handed: readonly Known[]): Promise<Map<string, number>> {
    const to = this.#oldFrom
    const found = new Map<string, number>()
    const asked = handed.filter(({ id }) => {
      const index = this.#young.get(id) ?? this.#old.get(id)
      if (index !== undefined) found.set(id, index)
      return index === undefined
    })
    const from = Math.min(to, ...asked.map(({ frame }) => frame))
    if (from === to) return found
    const types = new Map(asked.map(({ id, type }) => [id, type]))
    for await (const { first, leaves } of this.#ledger.leaves(from, to)) {
      for (const [id, index] of placesIn(leaves, first, types)) found.set(id, index)
    }
    return found
  }
}

/** Most commits have none of a type: their leaves are not divided. */
function placesIn(
  leaves: Buffer,
  first: number,
  types: ReadonlyMap<string, string>,
): (readonly [id: string, index: number])[] {
  const marks = Array.from(new Set(types.values()), (type) => `"type":"${type}"`)
  if (!marks.some((mark) => leaves.includes(mark))) return []
  return entriesOf(leaves).flatMap((entry, at) => {
    const leaf = decodeLeaf(entry)
    if (!('id' in leaf) || types.get(leaf.id) !== leaf.type) return []
    return [[leaf.id, first + at] as const]
  })
}
