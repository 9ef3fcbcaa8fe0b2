import { expect, test } from '@jest/globals'
import type { Frame } from '@grantlog/ledger'
import { FRAME_CACHE_ENTRIES } from '../limits.ts'
import { RecordCache } from './record-cache.ts'

/** A commit of nothing but leaves that are no records. */
function frameOf(number: number, size: number): Frame {
  const leaf = { type: 'unclosed' }
  const entries = Array.from({ length: size }, (_, n) => ({ index: number * size + n, leaf }))
  return { number, first: number * size, entries } as unknown as Frame
}

test('commits read last stay, and those used longest ago make room', async () => {
  const read: number[] = []
  const size = FRAME_CACHE_ENTRIES / 4
  const cache = new RecordCache((number) => {
    read.push(number)
    return Promise.resolve(frameOf(number, size))
  })
  const ask = async (...frames: readonly number[]): Promise<number[]> => {
    for (const frame of frames) await cache.record({ frame, index: frame * size })
    return read.splice(0)
  }
  expect(await ask(0, 1, 2, 3)).toEqual([0, 1, 2, 3])
  expect(await ask(0, 1, 2, 3, 0)).toEqual([])
  // 1 was used longest ago.
  expect(await ask(4)).toEqual([4])
  expect(await ask(0, 2, 3, 4)).toEqual([])
  expect(await ask(1)).toEqual([1])
})

test('a commit is read once for all who ask meanwhile, and again after a failure', async () => {
  let reads = 0
  const cache = new RecordCache(() => {
    reads++
    return reads === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve(frameOf(0, 1))
  })
  const both = [0, 0].map((frame) => cache.record({ frame, index: 0 }))
  for (const { status } of await Promise.allSettled(both)) expect(status).toBe('rejected')
  await cache.record({ frame: 0, index: 0 })
  await cache.record({ frame: 0, index: 0 })
  expect(reads).toBe(2)
})
