import { expect, it } from '@jest/globals'
import { slabBytes, slabsSpareMax } from '../limits.ts'
import { createSlabs } from './slabs.ts'

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte)

it('keeps copies, which what is written later does not touch', () => {
  const slabs = createSlabs()
  const bytes = filled(1_600, 1)
  const kept = slabs.keep(bytes)
  bytes.fill(9)
  const all = Array.from({ length: 200 }, (_, i) => slabs.keep(filled(1_600 + i, i)))
  expect(kept).toEqual(filled(1_600, 1))
  for (const [i, one] of all.entries()) expect(one).toEqual(filled(1_600 + i, i))
})

it('uses memory again whose copies were all given back, and none before', () => {
  const slabs = createSlabs()
  const round = (byte: number): Uint8Array[] =>
    Array.from({ length: 100 }, () => slabs.keep(filled(1_600, byte)))
  const first = round(1)
  const memories = new Set(first.map(({ buffer }) => buffer))
  // One of the second piece of memory stays.
  const [stays] = first.splice(60, 1)
  for (const one of first) slabs.giveBack(one)
  const later = [...round(2), ...round(3)]
  const again = new Set(later.map(({ buffer }) => buffer))
  expect([...memories].filter((memory) => again.has(memory)).length).toBeGreaterThan(0)
  expect(again.has(stays!.buffer)).toBe(false)
  expect(stays).toEqual(filled(1_600, 1))
  slabs.giveBack(stays!)
})

it('gives a long copy memory of its own', () => {
  const slabs = createSlabs()
  const kept = slabs.keep(filled(slabBytes, 1))
  expect(kept.byteLength).toBe(kept.buffer.byteLength)
  slabs.giveBack(kept)
  expect(slabs.keep(filled(8, 2)).buffer).not.toBe(kept.buffer)
})

it('keeps no more memory for later than it says', () => {
  const slabs = createSlabs()
  const long = slabBytes / 4
  const count = 4 * (slabsSpareMax + 10)
  const all = (): Uint8Array[] => Array.from({ length: count }, () => slabs.keep(filled(long, 1)))
  const first = all()
  for (const one of first) slabs.giveBack(one)
  const before = new Set(first.map(({ buffer }) => buffer))
  const after = new Set(all().map(({ buffer }) => buffer))
  const again = [...before].filter((memory) => after.has(memory))
  expect(again.length).toBeLessThanOrEqual(slabsSpareMax + 1)
  expect(again.length).toBeGreaterThanOrEqual(slabsSpareMax)
})
