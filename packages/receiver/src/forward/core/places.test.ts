// Guarantee: receipts that name two records for one place show a core's log that was cut; what was
// behind the cut is lost until it comes again, and a receipt that comes twice shows nothing.
import { expect, test } from '@jest/globals'
import { type CorePlaces, corePlaces, type PlacedRun } from './places.ts'

const run = (hash: string, firstSeq: number, firstIndex: number, count = 1): PlacedRun => {
  return { hash, firstSeq, firstIndex, count }
}

function placesOf(...runs: readonly PlacedRun[]): CorePlaces {
  const places = corePlaces()
  for (const one of runs) expect(places.put(one)).toBeNull()
  return places
}

test('runs in order, with places of others between, agree', () => {
  const places = placesOf(run('a', 0, 10, 3), run('b', 3, 20, 2))
  expect([10, 11, 12, 13].map((index) => places.has('a', index - 10, index))).toEqual([
    ...[true, true, true, false],
  ])
  expect(places.has('b', 4, 21)).toBe(true)
  expect(places.has('a', 4, 21)).toBe(false)
  expect(places.lost).toBe(0)
})

test('a receipt that comes again, for all or a part or more, agrees', () => {
  const places = placesOf(
    run('a', 0, 10, 3),
    run('b', 3, 13, 2),
    run('a', 0, 10, 3),
    run('a', 1, 11, 1),
    run('z', 0, 2, 1),
    run('a', 0, 10, 2),
  )
  expect(places.has('a', 2, 12)).toBe(true)
  expect(places.has('z', 0, 2)).toBe(true)
  const wider = placesOf(run('a', 1, 11, 1), run('a', 3, 13, 1), run('a', 0, 10, 5))
  expect(wider.has('a', 4, 14)).toBe(true)
})

test('another record at one of the places: what was there and behind is lost', () => {
  const places = placesOf(run('a', 0, 10, 3), run('b', 3, 13, 2), run('c', 5, 20, 1))
  expect(places.put(run('d', 6, 12, 2))).toBe(12)
  expect(places.lost).toBe(4)
  expect(places.has('a', 1, 11)).toBe(true)
  expect(places.has('a', 2, 12)).toBe(false)
  expect(places.has('d', 6, 12)).toBe(true)
  expect(places.has('c', 5, 20)).toBe(false)
})

test('the same batch at a shifted place is another', () => {
  const places = placesOf(run('a', 0, 10, 3))
  expect(places.put(run('a', 0, 11, 3))).toBe(11)
  expect([places.has('a', 0, 10), places.has('a', 0, 11)]).toEqual([true, true])
})

test('what comes again elsewhere is lost no more', () => {
  const places = placesOf(run('a', 0, 10, 4), run('b', 4, 14, 1))
  expect(places.put(run('d', 5, 10, 1))).toBe(10)
  expect(places.lost).toBe(5)
  expect(places.put(run('a', 1, 11, 2))).toBeNull()
  expect(places.lost).toBe(3)
  expect(places.put(run('a', 0, 13, 1))).toBeNull()
  expect(places.put(run('a', 3, 14, 1))).toBeNull()
  expect(places.put(run('b', 4, 15, 1))).toBeNull()
  expect(places.lost).toBe(0)
})

test('a bound keeps the last in the log', () => {
  const places = corePlaces(4)
  for (let at = 0; at < 100; at++) places.put(run('a', at * 2, at * 2))
  expect(places.has('a', 0, 0)).toBe(false)
  expect(places.has('a', 192, 192)).toBe(true)
  expect(places.put(run('b', 0, 192))).toBe(192)
  expect(places.lost).toBe(4)
})
