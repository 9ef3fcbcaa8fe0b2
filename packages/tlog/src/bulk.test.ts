import { expect, test } from '@jest/globals'
import { hex, leaf, sha256 } from '../test/helpers.ts'
import { TileHasher } from './bulk.ts'
import { encodeEntries } from './entries.ts'
import { Frontier } from './frontier.ts'
import { leafHash } from './hash.ts'

const sha256Text = (data: Uint8Array): string => String.fromCharCode(...sha256(data))
const hasher = new TileHasher(sha256Text)
const entries = Array.from({ length: 256 }, (_, n) => new Uint8Array(n * 3).fill(n))
const tile = new Uint8Array(256 * 32)
for (const [n, entry] of entries.entries()) tile.set(leafHash(sha256, entry), n * 32)

test('a bundle is behind its tile, whole or in part, and is left as it was', () => {
  for (const width of [1, 2, 200, 256]) {
    const bundle = encodeEntries(entries.slice(0, width))
    expect(hasher.isBehind(bundle, tile, width)).toBe(true)
    expect(hex(bundle)).toBe(hex(encodeEntries(entries.slice(0, width))))
  }
})

test('a bundle with any byte changed, cut or added is not', () => {
  const bundle = encodeEntries(entries.slice(0, 8))
  for (let at = 0; at < bundle.length; at++) {
    const changed = bundle.with(at, bundle[at]! ^ 1)
    expect(hasher.isBehind(changed, tile, 8)).toBe(false)
    expect(hex(changed)).toBe(hex(bundle.with(at, bundle[at]! ^ 1)))
    expect(hasher.isBehind(bundle.slice(0, at), tile, 8)).toBe(false)
  }
  expect(hasher.isBehind(bundle, tile, 7)).toBe(false)
  expect(hasher.isBehind(Uint8Array.of(...bundle, 0), tile, 8)).toBe(false)
  expect(hasher.isBehind(Uint8Array.of(...bundle, 0, 0), tile, 8)).toBe(false)
})

test('a tile that says something else of an entry is not', () => {
  const bundle = encodeEntries(entries)
  for (const at of [0, 31, 32, 8191]) {
    expect(hasher.isBehind(bundle, tile.with(at, tile[at]! ^ 0x80), 256)).toBe(false)
  }
})

test('the root of a tile is that of the tree, again and again', () => {
  const frontier = new Frontier(sha256)
  for (let n = 0; n < 512; n++) {
    frontier.append(n < 256 ? tile.slice(n * 32, n * 32 + 32) : leaf(n))
    if (n === 255) expect(hex(hasher.root(tile))).toBe(hex(frontier.root()))
  }
  const other = Uint8Array.from({ length: 8192 }, (_, at) => leaf(256 + (at >> 5))[at & 31]!)
  const whole = new Frontier(sha256)
  whole.appendSubtree(8, hasher.root(tile))
  whole.appendSubtree(8, hasher.root(other))
  expect(hex(whole.root())).toBe(hex(frontier.root()))
})
