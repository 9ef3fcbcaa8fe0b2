import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { batchRecordsMax, batchRoot } from '@grantlog/record'
import { TILE_WIDTH, TileHasher } from '@grantlog/tlog'
import { sha256, sha256Text } from './crypto.ts'
import { merkle as merkleOfThread } from './merkle.ts'

const merkle = merkleOfThread()

test('digests as leaves, any number of them: the root that batchRoot gives', () => {
  for (const count of [...Array.from({ length: 70 }, (_, i) => i + 1), 255, 257, 511, 1023, 1024]) {
    const digests = randomBytes(32 * count)
    expect(Buffer.from(merkle.rootOver(digests))).toEqual(Buffer.from(batchRoot(digests, sha256)))
  }
  expect(merkle.most).toBe(batchRecordsMax)
  expect(() => merkle.rootOver(new Uint8Array(0))).toThrow(RangeError)
  expect(() => merkle.rootOver(new Uint8Array(32 * (batchRecordsMax + 1)))).toThrow(RangeError)
})

test('the hashes of a tile: the root that TileHasher gives', () => {
  const hasher = new TileHasher(sha256Text)
  for (let i = 0; i < 20; i++) {
    const tile = randomBytes(32 * TILE_WIDTH)
    expect(Buffer.from(merkle.rootOf(tile))).toEqual(Buffer.from(hasher.root(tile)))
  }
})
