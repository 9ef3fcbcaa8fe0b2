import { expect, test } from '@jest/globals'
import { leafHash } from '@grantlog/tlog'
import { sha256 } from '../crypto.ts'
import { entriesOf } from './frame.ts'
import { LeafBlock } from './leaf-block.ts'

test('leaves are what was given, with their hashes, however many follow', () => {
  const block = new LeafBlock(7, 2)
  const texts = Array.from({ length: 300 }, (_, at) => `leaf ${at} `.repeat(at))
  const leaves = texts.map((text) => block.add(Buffer.from(text)))
  for (const [at, text] of texts.entries()) {
    const { entry, hash, index } = leaves[at]!
    expect([index, Buffer.from(entry).toString()]).toEqual([7 + at, text])
    expect(Buffer.compare(hash, leafHash(sha256, Buffer.from(text)))).toBe(0)
  }
  expect(entriesOf(block.written).map((entry) => Buffer.from(entry).toString())).toEqual(texts)
})
