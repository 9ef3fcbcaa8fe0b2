// The right edge of a growing tree: enough to append leaves and to know the root, 53 hashes at
// most. This is the sealing path: appending costs two hashes per leaf on average, and no more
// allocation than the hashes themselves. See frontier.test.ts.
import { TlogError } from './codes.ts'
import { nodeHash, type Sha256 } from './hash.ts'
import { HASH_BYTES, MAX_TREE_SIZE } from './limits.ts'
import { completeSubtrees, foldSubtrees, requireTreeSize, type SubtreeReader } from './tree.ts'

/**
 * Told of each complete subtree as an append completes it, level 0 (the leaf) first. Every hash a
 * tile holds passes here once: tile level L holds the ones with level 8 × L, in order of index.
 */
export type OnSubtree = (level: number, index: number, hash: Uint8Array) => void

/** A tree's size and the hashes of its complete subtrees, largest first: all a Frontier needs. */
export interface FrontierState {
  readonly size: number
  readonly hashes: readonly Uint8Array[]
}

/** A tree that is only appended to. The hashes given to it are kept, so don't change them after. */
export class Frontier {
  readonly #sha256: Sha256
  readonly #hashes: Uint8Array[]
  #size: number

  /** Starts empty, or from a state. Errors: TLOG_RANGE_INVALID, TLOG_HASH_MALFORMED. */
  constructor(sha256: Sha256, state: FrontierState = { size: 0, hashes: [] }) {
    requireTreeSize(state.size)
    const expected = completeSubtrees(0, state.size).length
    if (state.hashes.length !== expected) {
      throw new TlogError('TLOG_HASH_MALFORMED', `size ${state.size} has ${expected} subtrees`)
    }
    for (const hash of state.hashes) requireHash(hash)
    this.#sha256 = sha256
    this.#hashes = [...state.hashes]
    this.#size = state.size
  }

  /** Leaves so far. */
  get size(): number {
    return this.#size
  }

  /**
   * Appends the leaf hash (32 bytes) at index `size`. Errors: TLOG_HASH_MALFORMED,
   * TLOG_RANGE_INVALID at 2^53 − 1 leaves; then nothing has changed.
   */
  append(leafHash: Uint8Array, onSubtree?: OnSubtree): void {
    this.appendSubtree(0, leafHash, onSubtree)
  }

  /**
   * Appends a complete subtree of 2^level leaves, of which only the hash is looked at; `onSubtree`
   * is told of it and of those above. The size is a multiple of 2^level. Errors: as of append,
   * and TLOG_RANGE_INVALID for another size.
   */
  appendSubtree(level: number, subtree: Uint8Array, onSubtree?: OnSubtree): void {
    requireHash(subtree)
    const leaves = 2 ** level
    if (this.#size > MAX_TREE_SIZE - leaves) {
      throw new TlogError('TLOG_RANGE_INVALID', 'the tree is full')
    }
    if (this.#size % leaves !== 0) {
      throw new TlogError('TLOG_RANGE_INVALID', `no subtree of ${leaves} begins at ${this.#size}`)
    }
    let hash = subtree
    let at = level
    let index = this.#size / leaves
    onSubtree?.(at, index, hash)
    // The trailing one bits of the old index are the subtrees that the new one completes.
    for (; index % 2 === 1; index = (index - 1) / 2) {
      hash = nodeHash(this.#sha256, this.#hashes.pop()!, hash)
      at++
      onSubtree?.(at, (index - 1) / 2, hash)
    }
    this.#hashes.push(hash)
    this.#size += leaves
  }

  /** The root over all leaves so far (none: the empty root), 32 bytes. */
  root(): Uint8Array {
    return foldSubtrees(this.#sha256, this.#hashes)
  }

  /** What to keep, to go on from here with a new Frontier. A copy: later appends don't reach it. */
  state(): FrontierState {
    return { size: this.#size, hashes: [...this.#hashes] }
  }
}

/**
 * The frontier of an existing tree, read as its complete subtrees. Whoever trusts a checkpoint must
 * compare `root()` with it before appending. Errors: as treeRoot.
 */
export async function loadFrontier(reader: SubtreeReader, size: number): Promise<Frontier> {
  requireTreeSize(size)
  const subtrees = completeSubtrees(0, size)
  const hashes = await Promise.all(subtrees.map(({ level, index }) => reader.hash(level, index)))
  return new Frontier(reader.sha256, { size, hashes })
}

function requireHash(hash: Uint8Array): void {
  if (hash.length !== HASH_BYTES) throw new TlogError('TLOG_HASH_MALFORMED', 'not 32 bytes')
}
