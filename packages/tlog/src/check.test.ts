import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { expectCode, flip, hex, leaf, memoryReader, naiveRoot, sha256 } from '../test/helpers.ts'
import { checkConsistency, checkInclusion } from './check.ts'
import type { ConsistencyClaim, InclusionClaim } from './check.ts'
import { TlogError } from './codes.ts'
import { MAX_PROOF_HASHES, MAX_TREE_SIZE } from './limits.ts'
import { proveConsistency, proveInclusion } from './prove.ts'
import type { SubtreeReader } from './tree.ts'

const LIMIT = 70
const leaves = Array.from({ length: LIMIT }, (_, n) => leaf(n))
const roots = Array.from({ length: LIMIT + 1 }, (_, size) => naiveRoot(leaves.slice(0, size)))
const cache = new Map<string, Uint8Array>()
const memory = memoryReader(leaves)
const reader: SubtreeReader = {
  sha256,
  hash(level, index) {
    const key = `${level}/${index}`
    if (!cache.has(key)) cache.set(key, memory.hash(level, index) as Uint8Array)
    return cache.get(key)!
  },
}

/** PATH(m, D[n]) of RFC 9162 section 2.1.3.1, written down as it stands there. */
function naivePath(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  if (d.length === 1) return []
  let k = 1
  while (k * 2 < d.length) k *= 2
  return m < k
    ? [...naivePath(m, d.slice(0, k)), naiveRoot(d.slice(k))]
    : [...naivePath(m - k, d.slice(k)), naiveRoot(d.slice(0, k))]
}

/** SUBPROOF(m, D[n], b) of RFC 9162 section 2.1.4.1. */
function naiveSubproof(m: number, d: readonly Uint8Array[], b: boolean): Uint8Array[] {
  if (m === d.length) return b ? [] : [naiveRoot(d)]
  let k = 1
  while (k * 2 < d.length) k *= 2
  return m <= k
    ? [...naiveSubproof(m, d.slice(0, k), b), naiveRoot(d.slice(k))]
    : [...naiveSubproof(m - k, d.slice(k), false), naiveRoot(d.slice(0, k))]
}

function holds(check: () => void): boolean {
  try {
    check()
    return true
  } catch (error) {
    // No expect here: this runs 100,000 times.
    if (!(error instanceof TlogError) || error.code !== 'TLOG_PROOF_FAILED') throw error
    if (error.message !== 'the proof does not hold') throw error
    return false
  }
}

async function inclusion(index: number, size: number): Promise<InclusionClaim> {
  const proof = await proveInclusion(reader, index, size)
  return { sha256, index, size, leafHash: leaves[index]!, root: roots[size]!, proof }
}

async function consistency(oldSize: number, newSize: number): Promise<ConsistencyClaim> {
  const proof = await proveConsistency(reader, oldSize, newSize)
  return { sha256, oldSize, newSize, oldRoot: roots[oldSize]!, newRoot: roots[newSize]!, proof }
}

/** Proofs that are wrong in a way that no honest one is: a bit, one hash more or less, an order. */
function forgeries(proof: readonly Uint8Array[], seed: number): Uint8Array[][] {
  const flipped = proof.map((hash, at) => proof.with(at, flip(hash, (seed * 31 + at * 7) % 256)))
  const cut = proof.length > 0 ? [proof.slice(1), proof.slice(0, -1)] : []
  const longer = [
    [...proof, leaf(seed)],
    [leaf(seed), ...proof],
  ]
  const short = proof.map((hash, at) => proof.with(at, hash.subarray(1)))
  return [...flipped, ...cut, ...longer, ...short]
}

describe('inclusion', () => {
  test('holds for every leaf of every tree up to 70, and only with its own proof', async () => {
    for (let size = 1; size <= LIMIT; size++) {
      for (let index = 0; index < size; index++) {
        const claim = await inclusion(index, size)
        const naive = naivePath(index, leaves.slice(0, size))
        expect(claim.proof.map(hex)).toEqual(naive.map(hex))
        checkInclusion(claim)
        const forged = forgeries(claim.proof, size + index)
        expect(forged.some((proof) => holds(() => checkInclusion({ ...claim, proof })))).toBe(false)
        const bit = (size * 13 + index) % 256
        const lies: Partial<InclusionClaim>[] = [
          { leafHash: flip(claim.leafHash, bit) },
          { root: flip(claim.root, bit) },
          { index: index + 1 },
          { index: index - 1 },
          { index: index + size },
          { leafHash: claim.leafHash.subarray(1) },
          { root: claim.root.subarray(1) },
        ]
        expect(lies.some((lie) => holds(() => checkInclusion({ ...claim, ...lie })))).toBe(false)
      }
    }
  })

  test('of another leaf, or of another size with another root, does not hold', async () => {
    for (const [index, size] of [
      [3, 7],
      [6, 7],
      [0, 64],
      [64, 65],
      [32, 70],
    ] as const) {
      const claim = await inclusion(index, size)
      for (let other = 0; other < size; other++) {
        const answer = holds(() => checkInclusion({ ...claim, leafHash: leaves[other]! }))
        expect(answer).toBe(other === index)
        expect(holds(() => checkInclusion({ ...claim, index: other }))).toBe(other === index)
      }
      for (let other = 0; other <= LIMIT; other++) {
        if (other === size) continue
        const lie = { ...claim, size: other, root: roots[other]! }
        expect(holds(() => checkInclusion(lie))).toBe(false)
      }
    }
  })

  test.each([
    { index: -1 },
    { index: 0.5 },
    { index: NaN },
    { index: 1 },
    { size: 0 },
    { size: -1 },
    { size: 1.5 },
    { size: 2 ** 53 },
    { size: Infinity },
  ])('refuses the numbers %j with the one message', (numbers) => {
    const claim = { sha256, index: 0, size: 1, leafHash: leaves[0]!, root: leaves[0]!, proof: [] }
    expect(holds(() => checkInclusion(claim))).toBe(true)
    expect(holds(() => checkInclusion({ ...claim, ...numbers }))).toBe(false)
  })

  test('works at the largest size, whose proofs stay below the limit', async () => {
    const huge: SubtreeReader = {
      sha256,
      hash: (level, index) => sha256(Buffer.from(`${level}/${index}`)),
    }
    const lone = await proveInclusion(huge, MAX_TREE_SIZE - 1, MAX_TREE_SIZE)
    expect(lone).toHaveLength(52)
    const first = await proveInclusion(huge, 0, MAX_TREE_SIZE)
    expect(first.length).toBeLessThanOrEqual(MAX_PROOF_HASHES)
    // Proof and root come from one made-up right edge, so they fit without 2^53 leaves.
    const root = lone.reduce(
      (hash, left) => sha256(Buffer.concat([Buffer.of(1), left, hash])),
      await huge.hash(0, MAX_TREE_SIZE - 1),
    )
    const claim = { sha256, index: MAX_TREE_SIZE - 1, size: MAX_TREE_SIZE, root, proof: lone }
    checkInclusion({ ...claim, leafHash: await huge.hash(0, MAX_TREE_SIZE - 1) })
    expect(holds(() => checkInclusion({ ...claim, leafHash: leaf(0) }))).toBe(false)
  })

  test('is not even hashed with more than 63 hashes', () => {
    const count = (hashes: number): number => {
      let calls = 0
      const counting = (data: Uint8Array): Uint8Array => (calls++, sha256(data))
      const proof = Array.from({ length: hashes }, () => leaf(0))
      const claim = {
        sha256: counting,
        index: 1,
        size: MAX_TREE_SIZE,
        leafHash: leaf(1),
        root: leaf(2),
        proof,
      }
      expect(holds(() => checkInclusion(claim))).toBe(false)
      return calls
    }
    expect(count(MAX_PROOF_HASHES)).toBeGreaterThan(0)
    expect(count(MAX_PROOF_HASHES + 1)).toBe(0)
  })
})

test('a proof too long or too short for the sizes does not hold, even where the hashes fit', () => {
  const inner = { sha256, root: roots[2]!, proof: [leaves[0]!], leafHash: leaves[1]! }
  expect(holds(() => checkInclusion({ ...inner, index: 1, size: 2 }))).toBe(true)
  expect(holds(() => checkInclusion({ ...inner, index: 0, size: 1 }))).toBe(false)
  expect(holds(() => checkInclusion({ ...inner, index: 1, size: 3 }))).toBe(false)
  const grown = { sha256, oldRoot: roots[1]!, newRoot: roots[2]!, proof: [leaves[1]!] }
  expect(holds(() => checkConsistency({ ...grown, oldSize: 1, newSize: 2 }))).toBe(true)
  expect(holds(() => checkConsistency({ ...grown, oldSize: 1, newSize: 3 }))).toBe(false)
})

describe('consistency', () => {
  test('holds for every pair of sizes up to 70, and only with its own proof', async () => {
    for (let newSize = 0; newSize <= LIMIT; newSize++) {
      for (let oldSize = 0; oldSize <= newSize; oldSize++) {
        const claim = await consistency(oldSize, newSize)
        if (oldSize > 0) {
          const naive = naiveSubproof(oldSize, leaves.slice(0, newSize), true)
          expect(claim.proof.map(hex)).toEqual(naive.map(hex))
        }
        checkConsistency(claim)
        const forged = forgeries(claim.proof, oldSize + newSize)
        expect(forged.some((proof) => holds(() => checkConsistency({ ...claim, proof })))).toBe(
          false,
        )
        const bit = (oldSize * 13 + newSize) % 256
        expect(holds(() => checkConsistency({ ...claim, oldRoot: flip(claim.oldRoot, bit) }))).toBe(
          false,
        )
        // From size 0 every tree follows, so its root cannot be wrong.
        const newRoot = flip(claim.newRoot, bit)
        const free = oldSize === 0 && newSize > 0
        expect(holds(() => checkConsistency({ ...claim, newRoot }))).toBe(free)
      }
    }
  })

  test('a log that rewrote one old leaf cannot prove consistency', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.nat(29),
        fc.nat(),
        async (old, more, at) => {
          const rewritten = leaves.slice(0, old + more).with(at % old, leaf(9999))
          const proof = await proveConsistency(memoryReader(rewritten), old, old + more)
          const sizes = { oldSize: old, newSize: old + more }
          const newRoot = naiveRoot(rewritten)
          const claim = { sha256, ...sizes, oldRoot: roots[old]!, newRoot, proof }
          expect(holds(() => checkConsistency(claim))).toBe(false)
          checkConsistency({ ...claim, oldRoot: naiveRoot(rewritten.slice(0, old)) })
        },
      ),
    )
  })

  test('from size 0 needs the empty root, also to size 0', () => {
    const sizes = { sha256, oldSize: 0, newSize: 0, proof: [] }
    expect(
      holds(() => checkConsistency({ ...sizes, oldRoot: roots[0]!, newRoot: roots[0]! })),
    ).toBe(true)
    expect(
      holds(() => checkConsistency({ ...sizes, oldRoot: roots[1]!, newRoot: roots[1]! })),
    ).toBe(false)
  })

  test('does not hold backwards, nor for sizes that are none', async () => {
    const claim = await consistency(3, 7)
    const back = { oldSize: 7, newSize: 3, oldRoot: roots[7]!, newRoot: roots[3]! }
    expect(holds(() => checkConsistency({ ...claim, ...back }))).toBe(false)
    for (const bad of [-1, 2.5, NaN, 2 ** 53]) {
      expect(holds(() => checkConsistency({ ...claim, oldSize: bad }))).toBe(false)
      expect(holds(() => checkConsistency({ ...claim, newSize: bad }))).toBe(false)
    }
  })
})

test('random trees: what is proved is checked, at random indexes and sizes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 200 }),
      fc.nat(),
      async (tree, seed) => {
        const source = memoryReader(tree)
        const index = seed % tree.length
        const root = naiveRoot(tree)
        const size = tree.length
        const proof = await proveInclusion(source, index, size)
        checkInclusion({ sha256, index, size, leafHash: tree[index]!, root, proof })
        const oldRoot = naiveRoot(tree.slice(0, index))
        const path = await proveConsistency(source, index, size)
        checkConsistency({
          sha256,
          oldSize: index,
          newSize: size,
          oldRoot,
          newRoot: root,
          proof: path,
        })
      },
    ),
    { numRuns: 50 },
  )
})

test('proving refuses what is outside the tree', async () => {
  for (const [index, size] of [
    [1, 1],
    [0, 0],
    [-1, 5],
    [0.5, 5],
    [0, 2 ** 53],
  ] as const) {
    await expectCode('TLOG_RANGE_INVALID', () => proveInclusion(reader, index, size))
  }
  for (const [from, to] of [
    [2, 1],
    [-1, 5],
    [1, 5.5],
    [1, 2 ** 53],
  ] as const) {
    await expectCode('TLOG_RANGE_INVALID', () => proveConsistency(reader, from, to))
  }
})
