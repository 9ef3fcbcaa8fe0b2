// The chain of a stream's batches (FORMAT.md 2.3): each names the root of the one before it. They
// arrive in any order, and some never do, so only neighbours that are both known are compared.
// See chains.test.ts.
import type { BatchStatement } from '@grantlog/record'
import { chainEndsKeptMax } from '../limits.ts'

/** What of a batch the chain is about. */
export type ChainLink = Pick<BatchStatement, 'firstSeq' | 'instance' | 'n' | 'prevRoot' | 'root'>

/** A place between two batches of a stream of which one side is not known yet. */
interface End {
  /** Root of the batch that ends here. */
  readonly root?: string
  /** What the batch that begins here says of it. */
  readonly prevRoot?: string
}

/** What `Chains.from` makes the same of: each place that waits, the oldest first. */
export type ChainsMemory = readonly (readonly [place: string, end: End])[]

/** The chains of all streams. Memory goes by the places that wait for their other side. */
export class Chains {
  readonly #ends = new Map<string, End>()
  readonly #isBroken: (end: End) => boolean = ({ root, prevRoot }) =>
    root !== undefined && prevRoot !== undefined && root !== prevRoot

  /**
   * Takes a batch whose signature verified; one that came before changes nothing. False when a
   * neighbour that is known contradicts it.
   */
  follows(kid: string, { firstSeq, instance, n, prevRoot, root }: ChainLink): boolean {
    const stream = `${kid} ${instance}`
    const before = firstSeq === 0 || this.#meet(`${stream} ${firstSeq}`, { prevRoot })
    const after = this.#meet(`${stream} ${firstSeq + n}`, { root })
    return before && after
  }

  /** What is known now. */
  memory(): ChainsMemory {
    return [...this.#ends]
  }

  static from(memory: ChainsMemory): Chains {
    const chains = new Chains()
    for (const [place, end] of memory) chains.#ends.set(place, end)
    return chains
  }

  #meet(place: string, side: End): boolean {
    const known = this.#ends.get(place)
    const end = known === undefined ? side : { ...side, ...known }
    this.#ends.delete(place)
    if (this.#isBroken(end)) return false
    if (end.root !== undefined && end.prevRoot !== undefined) return true
    this.#ends.set(place, end)
    // A Map iterates in order of insertion: the oldest goes, and is then not compared.
    if (this.#ends.size > chainEndsKeptMax) this.#ends.delete(this.#ends.keys().next().value!)
    return true
  }
}
