import { describe, expect, test } from '@jest/globals'
import { randomFrom } from '../../test/random.ts'
import { type LineToMatch, matchAll, type RecordToMatch } from './match.ts'

const second = 1_000
const base = 1_795_467_600_000

interface Seen {
  readonly pairs: [place: number, index: number][]
  readonly lines: number[]
  readonly records: number[]
}

function matched(
  lines: readonly Partial<LineToMatch>[],
  records: readonly Partial<RecordToMatch>[],
  toleranceMs = 5_000,
): Seen {
  const seen: Seen = { pairs: [], lines: [], records: [] }
  const some = { method: 'GET', status: 200 }
  matchAll(
    lines
      .map((line, place) => ({ ...some, timeMs: base, templates: [0], place, ...line }))
      .toSorted((a, b) => a.timeMs - b.timeMs),
    records
      .map((record, index) => {
        const startMs = record.startMs ?? base
        return { ...some, template: 0, index, endMs: startMs + 5, ...record, startMs }
      })
      .toSorted((a, b) => a.startMs - b.startMs)
      .values(),
    toleranceMs,
    {
      onMatched: ({ place }, { index }) => void seen.pairs.push([place, index]),
      onLineAlone: ({ place }) => void seen.lines.push(place),
      onRecordAlone: ({ index }) => void seen.records.push(index),
    },
  )
  seen.pairs.sort((a, b) => a[0] - b[0])
  return seen
}
const at = (seconds: number): { timeMs: number } => ({ timeMs: base + seconds * second })
const from = (ms: number, more = 5): { startMs: number; endMs: number } => ({
  startMs: base + ms,
  endMs: base + ms + more,
})

test('N equal lines need N records', () => {
  expect(matched([{}, {}, {}], [{}, {}])).toMatchObject({ pairs: [{}, {}], lines: [{}].fill(2) })
  expect(matched([{}, {}], [{}, {}, {}])).toMatchObject({ lines: [], records: [2] })
})

describe('a record is of a line when', () => {
  test.each<[string, Partial<LineToMatch>, Partial<RecordToMatch>, boolean]>([
    ['all is the same', {}, {}, true],
    ['the method is another', { method: 'POST' }, {}, false],
    ['the status is another', { status: 404 }, {}, false],
    ['the route is another', { templates: [1] }, {}, false],
    ['one of its routes fits', { templates: [1, 0] }, {}, true],
    ['the connection was cut', {}, { status: null }, true],
    ['nobody waited for the answer', { status: 499 }, {}, true],
    ['no answer was logged', { status: null }, {}, true],
    ['the web server gave up', { status: 504 }, { status: 201 }, true],
    ['the line is of the start', at(0), from(500, 90_000), true],
    ['the line is of the end', at(90), from(500, 90_000), true],
    ['the line is 5 s after the end', at(10), from(0, 5_000), true],
    ['the line is more than 5 s after the end', at(11), from(0, 5_000), false],
    ['the line is 5 s before the start', at(0), from(5_999), true],
    ['the line is more than 5 s before the start', at(0), from(6_000), false],
  ])('%s: %j %j', (_what, line, record, isOf) => {
    expect(matched([line], [record]).pairs).toHaveLength(isOf ? 1 : 0)
  })
})

test('of equal lines within the tolerance the one in between is named', () => {
  const lines = [0, 2, 4, 6].map(at)
  const records = [from(100), from(4_100), from(6_100)]
  expect(matched(lines, records)).toEqual({
    pairs: [
      [0, 0],
      [2, 1],
      [3, 2],
    ],
    lines: [1],
    records: [],
  })
})

test('clocks that differ by less than the tolerance make no difference', () => {
  const count = 200
  const records = Array.from({ length: count }, (_, i) => from(i * 300))
  for (const skew of [-4, -1, 0, 3, 5]) {
    const lines = Array.from({ length: count }, (_, i) => at(Math.floor((i * 300) / 1000) + skew))
    expect(matched(lines, records)).toMatchObject({ lines: [], records: [] })
  }
})

test('as few lines as possible are without a record, and what was removed is named', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomFrom(seed)
    const count = 1 + random(60)
    const times = Array.from({ length: count }, () => random(40_000))
    const missing = new Set(Array.from({ length: random(4) }, () => random(count)))
    const lines = times.map((ms) => ({
      timeMs: base + Math.floor(ms / second) * second,
      templates: [ms % 3],
    }))
    const records = times.flatMap((ms, i) =>
      missing.has(i) ? [] : [{ ...from(ms - 20, 20), template: ms % 3, index: i }],
    )
    const seen = matched(lines, records, 1_500)
    expect([seed, seen.lines.length, seen.records]).toEqual([seed, missing.size, []])
  }
})
