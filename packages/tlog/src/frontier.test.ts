import { describe, expect, test } from '@jest/globals'
import { expectCode, hex, leaf, memoryReader, naiveRoot, sha256 } from '../test/helpers.ts'
import { Frontier, loadFrontier } from './frontier.ts'
import { MAX_TREE_SIZE } from './limits.ts'
import { completeSubtrees, treeRoot } from './tree.ts'

const leaves = Array.from({ length: 300 }, (_, n) => leaf(n))

describe('Frontier', () => {
  test('has the root of the naive tree at every size up to 300', async () => {
    const frontier = new Frontier(sha256)
    for (let size = 0; ; size++) {
      expect(frontier.size).toBe(size)
      expect(hex(frontier.root())).toBe(hex(naiveRoot(leaves.slice(0, size))))
      if (size === leaves.length) break
      frontier.append(leaves[size]!)
    }
  })

  test('goes on from any state as if it had never stopped', async () => {
    const reader = memoryReader(leaves)
    for (let size = 0; size <= 70; size++) {
      const loaded = await loadFrontier(reader, size)
      const resumed = new Frontier(sha256, loaded.state())
      for (const next of leaves.slice(size, 75)) resumed.append(next)
      expect(hex(resumed.root())).toBe(hex(naiveRoot(leaves.slice(0, 75))))
      expect(loaded.size).toBe(size)
    }
  })

  test('takes complete subtrees as it takes their leaves, where one may begin', async () => {
    for (const level of [0, 1, 3, 5]) {
      const width = 2 ** level
      const told: string[] = []
      const expected: string[] = []
      const [bulk, single] = [new Frontier(sha256), new Frontier(sha256)]
      for (let at = 0; at + width <= 200; at += width) {
        bulk.appendSubtree(level, naiveRoot(leaves.slice(at, at + width)), (...each) =>
          told.push(each.map(String).join()),
        )
        for (const each of leaves.slice(at, at + width)) {
          single.append(each, (of, ...rest) => {
            if (of >= level) expected.push([of, ...rest].map(String).join())
          })
        }
        expect([bulk.size, hex(bulk.root())]).toEqual([single.size, hex(single.root())])
      }
      expect(told).toEqual(expected)
    }
    const frontier = new Frontier(sha256, { size: 3, hashes: [leaf(0), leaf(1)] })
    await expectCode('TLOG_RANGE_INVALID', () => frontier.appendSubtree(1, leaf(2)))
    expect(frontier.size).toBe(3)
  })

  test('its state is a copy, at both ends', () => {
    const frontier = new Frontier(sha256, { size: 1, hashes: [leaf(0)] })
    const state = frontier.state()
    const other = new Frontier(sha256, state)
    frontier.append(leaf(1))
    expect(state.hashes.map(hex)).toEqual([hex(leaf(0))])
    expect(hex(other.root())).toBe(hex(leaf(0)))
  })

  test('tells each complete subtree once, with its hash, leaf first, in order', () => {
    const frontier = new Frontier(sha256)
    const next: number[] = []
    for (const hash of leaves) {
      let expectedLevel = 0
      frontier.append(hash, (level, index, node) => {
        expect(level).toBe(expectedLevel++)
        expect(index).toBe(next[level] ?? 0)
        next[level] = index + 1
        expect(hex(node)).toBe(
          hex(naiveRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))),
        )
      })
    }
    expect(next).toEqual([300, 150, 75, 37, 18, 9, 4, 2, 1])
  })

  test('works at the largest size, and stops there unchanged', async () => {
    const subtrees = completeSubtrees(0, MAX_TREE_SIZE - 1)
    const hashes = subtrees.map((_, n) => leaf(n))
    const frontier = new Frontier(sha256, { size: MAX_TREE_SIZE - 1, hashes })
    frontier.append(leaf(1000))
    expect(frontier.state().hashes).toHaveLength(53)
    const root = hex(frontier.root())
    await expectCode('TLOG_RANGE_INVALID', () => frontier.append(leaf(1001)))
    expect([frontier.size, hex(frontier.root())]).toEqual([MAX_TREE_SIZE, root])
  })

  test('refuses a state that does not fit, and hashes that are none', async () => {
    const short = new Uint8Array(31)
    await expectCode(
      'TLOG_HASH_MALFORMED',
      () => new Frontier(sha256, { size: 3, hashes: [leaf(0)] }),
    )
    await expectCode(
      'TLOG_HASH_MALFORMED',
      () => new Frontier(sha256, { size: 1, hashes: [short] }),
    )
    await expectCode('TLOG_RANGE_INVALID', () => new Frontier(sha256, { size: -1, hashes: [] }))
    await expectCode('TLOG_HASH_MALFORMED', () => new Frontier(sha256).append(short))
    await expectCode('TLOG_RANGE_INVALID', () => loadFrontier(memoryReader([]), 0.5))
  })
})

test('treeRoot folds the complete subtrees of a reader', async () => {
  for (let size = 0; size <= 70; size++) {
    const root = await treeRoot(memoryReader(leaves), size)
    expect(hex(root)).toBe(hex(naiveRoot(leaves.slice(0, size))))
  }
  await expectCode('TLOG_RANGE_INVALID', () => treeRoot(memoryReader(leaves), 2 ** 53))
})

test('completeSubtrees is exact at sizes where 32-bit or floating logarithms are not', () => {
  const levels = (count: number): number[] => completeSubtrees(0, count).map(({ level }) => level)
  expect(levels(2 ** 32 - 1)).toEqual(Array.from({ length: 32 }, (_, n) => 31 - n))
  expect(levels(2 ** 32)).toEqual([32])
  expect(levels(2 ** 32 + 1)).toEqual([32, 0])
  expect(levels(2 ** 52 + 1)).toEqual([52, 0])
  expect(levels(MAX_TREE_SIZE)).toEqual(Array.from({ length: 53 }, (_, n) => 52 - n))
  expect(completeSubtrees(0, 2 ** 52 + 1)[1]).toEqual({ level: 0, index: 2 ** 52 })
})
