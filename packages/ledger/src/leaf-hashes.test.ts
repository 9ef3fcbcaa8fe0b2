import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { leafHash } from '@grantlog/tlog'
import { sha256 } from './crypto.ts'
import { leafHashes } from './leaf-hashes.ts'

const hashLeaves = leafHashes()

function checked(entries: readonly Uint8Array[]): void {
  const framed = entries.flatMap((entry) => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(entry.length)
    return [length, entry]
  })
  const hashes = Buffer.alloc(32 * entries.length)
  hashLeaves(Buffer.concat(framed), hashes)
  for (const [at, entry] of entries.entries()) {
    const hash = hashes.subarray(32 * at, 32 * at + 32)
    expect(Buffer.compare(hash, leafHash(sha256, entry))).toBe(0)
  }
}

test('leaves of every length, in any order beside each other', () => {
  const lengths = Array.from({ length: 300 }, (_, length) => length)
  checked(lengths.map((length) => randomBytes(length)))
  checked(lengths.toReversed().map((length) => randomBytes(length)))
  checked(lengths.map((length) => randomBytes((length * 7919) % 1024)))
})

test('one leaf, and more of them than are hashed at once', () => {
  for (const count of [1, 2, 3, 4, 5, 1023, 1024, 1025, 5000]) {
    checked(Array.from({ length: count }, () => randomBytes(1)))
  }
  checked(Array.from({ length: 700 }, () => randomBytes(271)))
})

test('the longest leaves, two of which fit at once', () => {
  checked(Array.from({ length: 5 }, () => randomBytes(65_535)))
})

test('an entry that is cut off is an error', () => {
  const cut = Buffer.concat([Buffer.of(0, 5), randomBytes(4)])
  expect(() => hashLeaves(cut, Buffer.alloc(32))).toThrow(RangeError)
})
