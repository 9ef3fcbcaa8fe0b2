import { randomBytes } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { expect, test } from '@jest/globals'
import { contentSize, unpack } from './unpack.ts'

const sizes = [0, 1, 200, 255, 256, 257, 1023, 1024, 65_791, 65_792, 1_000_000]

test('what was packed comes back, whatever its size', () => {
  for (const size of sizes) {
    for (const bytes of [Buffer.alloc(size, 'grantlog '), randomBytes(size)]) {
      const packed = zstdCompressSync(bytes)
      if (packed.length >= 18) expect(contentSize(packed)).toBe(size)
      expect(Buffer.compare(unpack(packed, size + 1), bytes)).toBe(0)
      expect(Buffer.compare(unpack(packed, Math.max(1, size)), bytes)).toBe(0)
    }
  }
})

test('more than may come is refused, also when the header says less', () => {
  const packed = zstdCompressSync(Buffer.alloc(100_000))
  expect(() => unpack(packed, 99_999)).toThrow()
  const wrong = Buffer.from(packed)
  // Its content size of four bytes stands behind magic, descriptor and window.
  for (const at of [5, 6, 7, 8, 9]) {
    wrong[at] = packed[at]! ^ 0x55
    try {
      expect(unpack(wrong, 200_000).length).toBeLessThanOrEqual(200_000)
    } catch (error) {
      expect(error).toHaveProperty('code')
    }
    wrong[at] = packed[at]!
  }
  expect(() => unpack(randomBytes(40), 1000)).toThrow()
  expect(() => unpack(new Uint8Array(0), 1000)).not.toThrow(TypeError)
})
