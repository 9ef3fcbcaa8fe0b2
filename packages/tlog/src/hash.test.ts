import { expect, test } from '@jest/globals'
import { expectCode, hex, sha256, utf8 } from '../test/helpers.ts'
import { emptyRoot, leafHash, nodeHash } from './hash.ts'

test('a leaf is SHA-256(0x00 ‖ entry), on both sides of the scratch buffer', () => {
  for (const length of [0, 1, 4094, 4095, 4096, 4097, 65_535]) {
    const entry = new Uint8Array(length).fill(7)
    const expected = sha256(Buffer.concat([Buffer.of(0), entry]))
    expect(hex(leafHash(sha256, entry))).toBe(hex(expected))
  }
})

test('a node is SHA-256(0x01 ‖ left ‖ right); leaf and node never collide', () => {
  const left = sha256(utf8('left'))
  const right = sha256(utf8('right'))
  const both = Buffer.concat([left, right])
  expect(hex(nodeHash(sha256, left, right))).toBe(hex(sha256(Buffer.concat([Buffer.of(1), both]))))
  expect(hex(nodeHash(sha256, left, right))).not.toBe(hex(nodeHash(sha256, right, left)))
  expect(hex(nodeHash(sha256, left, right))).not.toBe(hex(leafHash(sha256, both)))
})

test('a long entry leaves nothing behind in the next hash', () => {
  leafHash(sha256, new Uint8Array(4000).fill(255))
  expect(hex(leafHash(sha256, utf8('a')))).toBe(hex(sha256(utf8('\0a'))))
})

test('a node refuses children that are not 32 bytes', async () => {
  const good = new Uint8Array(32)
  for (const length of [0, 31, 33]) {
    const bad = new Uint8Array(length)
    await expectCode('TLOG_HASH_MALFORMED', () => nodeHash(sha256, bad, good))
    await expectCode('TLOG_HASH_MALFORMED', () => nodeHash(sha256, good, bad))
  }
})

test('the empty root is SHA-256 of nothing', () => {
  expect(hex(emptyRoot(sha256))).toMatch(/^e3b0c44298fc1c14/)
})
