import { expect, test } from '@jest/globals'
import { giveBack, giveBackAlone } from './give-back.ts'

test('a large buffer is gone at once', () => {
  const bytes = new Uint8Array(1 << 20)
  giveBack(bytes)
  expect(bytes.length).toBe(0)
})

test('memory that others have a part of stays', () => {
  const shared = new Uint8Array(1 << 20).fill(7)
  giveBack(shared.subarray(0, 1 << 19))
  giveBack(Buffer.from('small'))
  expect([shared.length, shared[0]]).toEqual([1 << 20, 7])
})

test('memory of which little is used goes whole, unless small buffers may be in it', () => {
  const bytes = Buffer.allocUnsafeSlow(1 << 20).subarray(0, 100)
  const pooled = Buffer.from('small')
  giveBackAlone(bytes)
  giveBackAlone(pooled)
  expect([bytes.length, pooled.toString()]).toEqual([0, 'small'])
})
