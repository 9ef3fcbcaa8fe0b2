import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RecordLeaf } from '../format/leaf.ts'
import type { StreamName, StreamWord } from './stream.ts'
import { Streams } from './streams.ts'

test('every record is found where it was put, in whatever order the numbers came', () => {
  const order = fc.oneof(
    fc.uniqueArray(fc.nat(60), { minLength: 1 }),
    // In order, or backwards, with more runs than one block holds.
    fc.constantFrom(
      ...[1, -1].map((sign) => Array.from({ length: 700 }, (_, i) => 700 + sign * i)),
    ),
  )
  fc.assert(
    fc.property(order, fc.nat(5), (numbers, gap) => {
      const streams = new Streams()
      const places = new Map<number, number>()
      for (const [i, seq] of numbers.entries()) {
        const index = i + (i > 3 ? gap : 0) + (i % 5 > 2 ? i : 0)
        places.set(seq, index)
        streams.add({ kid: 'k', instance: 'i', seq, type: 'record', receivedAt: 5 }, index)
      }
      const highest = Math.max(...numbers)
      for (let seq = 0; seq <= highest + 1; seq++) {
        expect(streams.find('k', 'i', seq)).toBe(places.get(seq))
        expect(streams.find('k', 'other', seq)).toBeUndefined()
      }
      const [state] = [...streams.states()]
      expect(state).toMatchObject({
        records: numbers.length,
        highestSeq: highest,
        missing: highest + 1 - numbers.length,
        closed: false,
      })
    }),
  )
})

test('a stop closes its stream', () => {
  const streams = new Streams()
  streams.add({ kid: 'k', instance: 'i', seq: 0, type: 'start', receivedAt: 5 }, 0)
  streams.add({ kid: 'k', instance: 'i', seq: 1, type: 'stop', receivedAt: 6 }, 1)
  expect([...streams.states()][0]!.closed).toBe(true)
})

test('records committed one by one are one run, whatever leaves lie between them', () => {
  const streams = new Streams()
  for (let seq = 0; seq < 1000; seq++) {
    streams.add({ kid: 'k', instance: 'i', seq, type: 'record', receivedAt: 5 }, seq * 2)
  }
  expect(streams.runs).toBe(1)
  expect(streams.find('k', 'i', 999)).toBe(1998)
})

test('a sender who counts backwards in steps does not slow the log down', () => {
  const streams = new Streams()
  const count = 20_000
  for (let i = 0; i < count; i++) {
    const seq = (count - i) * 2
    streams.add({ kid: 'k', instance: 'i', seq, type: 'record', receivedAt: 5 }, i)
  }
  expect(streams.runs).toBe(count)
  expect(streams.runsMovedMax).toBeLessThanOrEqual(256)
  for (const i of [0, 1, 1000, count - 1]) expect(streams.find('k', 'i', (count - i) * 2)).toBe(i)
  expect(streams.find('k', 'i', 3)).toBeUndefined()
})

/** One thing that happens to one of a few streams. */
type Step =
  | { what: 'add'; which: number; ahead: number; type: RecordLeaf['type']; word: StreamWord }
  | { what: 'unclose'; which: number }
  | { what: 'tick' }
  | { what: 'restart' }

const which = fc.nat(7)
const number = fc.oneof({ weight: 9, arbitrary: fc.nat(9) }, fc.nat(2 ** 40))
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constant('add' as const),
      which,
      ahead: fc.oneof(fc.integer({ min: -6, max: 3 }), number),
      type: fc.constantFrom(...(['record', 'record', 'start', 'heartbeat', 'stop'] as const)),
      word: fc.record({ assigned: number, dropped: number }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('unclose' as const), which }) },
  fc.constant({ what: 'tick' } as const),
  fc.constant({ what: 'restart' } as const),
)
const names = Array.from({ length: 8 }, (_, i) => ({
  kid: `key ${i % 3}`,
  instance: i === 0 ? 'ä instance of another form' : Buffer.alloc(16, i).toString('base64url'),
}))

function restarted(streams: Streams, unpackedMax: number): Streams {
  const { kids, minute, pieces } = streams.memory()
  // What is added after it was taken must not show in it.
  streams.add({ kid: 'later', instance: 'later', seq: 0, type: 'stop', receivedAt: 1 }, 1e9)
  for (const name of names) streams.unclose(name)
  return Streams.from({ kids, minute, pieces }, { unpackedMax })
}

/** Every answer that can be asked for, about numbers up to `highest` and indexes up to `index`. */
function answersOf(streams: Streams, index: number): unknown {
  const of = (name: StreamName): unknown[] => {
    const highest = streams.highest(name.kid, name.instance)
    const find = (seq: number): number | undefined => streams.find(name.kid, name.instance, seq)
    const near = Array.from({ length: 24 }, (_, i) => find(highest + 1 - i))
    const places = [0, 1, index >> 1, index, index + 1]
    return [
      highest,
      streams.get(name.kid, name.instance),
      places.map((place) => streams.countBelow(name, place)),
      [0, 1, 16].map((most) => streams.missingOf(name, most)),
      near,
      Array.from({ length: 12 }, (_, seq) => find(seq)),
    ]
  }
  return {
    states: [...streams.states()],
    rest: [...streams.states(3)],
    totals: { ...streams.totals },
    runs: streams.runs,
    silent: [1, 2].map((minutes) => streams.silent(minutes, 3)),
    service: [0, index >> 1].map((from) => [...streams.serviceFrom(from)]),
    each: [...names, { kid: 'key 0', instance: 'unknown' }].map(of),
  }
}

test('packed streams answer every question as unpacked ones do, whatever happened', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(1, 2, 4), (steps, most) => {
      let packed = new Streams({ unpackedMax: most })
      let unpacked = new Streams({ unpackedMax: Infinity })
      let index = 0
      for (const [time, done] of steps.entries()) {
        if (done.what === 'restart') {
          packed = restarted(packed, most)
          unpacked = restarted(unpacked, Infinity)
        } else if (done.what === 'tick') for (const streams of [packed, unpacked]) streams.tick()
        else {
          const name = names[done.which]!
          if (done.what === 'unclose') for (const s of [packed, unpacked]) s.unclose(name)
          else {
            const { ahead, type, word } = done
            const seq = Math.max(0, unpacked.highest(name.kid, name.instance) + ahead)
            const known = unpacked.find(name.kid, name.instance, seq)
            expect(packed.find(name.kid, name.instance, seq)).toBe(known)
            if (known !== undefined) continue
            index += 1 + (ahead & 1)
            const record = { ...name, seq, type, receivedAt: 1_790_000_000_000 + time }
            for (const s of [packed, unpacked]) s.add(record, index, word)
          }
        }
        if (time % 16 === 0) expect(answersOf(packed, index)).toEqual(answersOf(unpacked, index))
      }
      expect(answersOf(packed, index)).toEqual(answersOf(unpacked, index))
      expect(packed.unpacked).toBeLessThanOrEqual(most + packed.totals.open)
    }),
    { numRuns: 120 },
  )
})

test('streams that come back over and over leave no holes behind', () => {
  const streams = new Streams({ unpackedMax: 8 })
  const count = 4000
  const places = new Map<number, number>()
  let index = 0
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < count; i++) {
      // Each round leaves some behind among those that come back: chunks are mostly dead, not all.
      if (i % 12 < round) continue
      const name = { kid: 'k', instance: Buffer.alloc(16, `${i} `).toString('base64url') }
      const seq = streams.highest(name.kid, name.instance) + 1
      index += 3
      streams.add({ ...name, seq, type: 'stop', receivedAt: index }, index)
      places.set(i * 1000 + seq, index)
    }
  }
  const live = [...streams.memory().pieces()].reduce((sum, piece) => sum + piece.length, 0)
  expect(streams.packedBytes).toBeLessThan(2.2 * live + 2 * 65_536)
  const lost = Array.from(places).filter(([key, place]) => {
    const instance = Buffer.alloc(16, `${Math.floor(key / 1000)} `).toString('base64url')
    return streams.find('k', instance, key % 1000) !== place
  })
  expect(lost).toEqual([])
})

test('silence is counted from the start of a process, also of streams that lie packed', () => {
  const streams = new Streams({ unpackedMax: 1 })
  for (const [i, type] of (['stop', 'stop', 'record'] as const).entries()) {
    streams.add({ kid: 'k', instance: `${i}`, seq: 0, type, receivedAt: 5 }, i)
  }
  for (let minute = 0; minute < 9; minute++) streams.tick()
  const minutes = (of: Streams): number[] => Array.from(of.states(), (s) => s.silentMinutes)
  expect(minutes(streams)).toEqual([9, 9, 9])
  const again = Streams.from(streams.memory(), { unpackedMax: 1 })
  expect(minutes(again)).toEqual([0, 0, 0])
  expect(again.silent(1, 9)).toEqual([])
  again.tick()
  expect(minutes(again)).toEqual([1, 1, 1])
  expect(again.silent(1, 9)).toMatchObject([{ instance: '2' }])
})

test('a stream with more runs than a chunk holds is packed, and found again', () => {
  const streams = new Streams({ unpackedMax: 1 })
  const add = (instance: string, seq: number, index: number): void =>
    streams.add({ kid: 'k', instance, seq, type: 'stop', receivedAt: 5 }, index)
  for (let i = 0; i < 30_000; i++) add('long', 2 * i, i * i)
  add('other', 0, 1e9)
  expect(streams.unpacked).toBe(1)
  expect(streams.countBelow({ kid: 'k', instance: 'long' }, 101)).toBe(11)
  expect(streams.find('k', 'long', 2 * 29_999)).toBe(29_999 ** 2)
  expect(streams.find('k', 'long', 2 * 17_001)).toBe(17_001 ** 2)
  expect(streams.find('k', 'long', 17_001)).toBeUndefined()
})

test('a piece that is cut off, or has bytes too many, is none', () => {
  const streams = new Streams()
  streams.add({ kid: 'k', instance: 'i', seq: 3, type: 'stop', receivedAt: 5 }, 2)
  const { kids, minute, pieces } = streams.memory()
  const [whole] = [...pieces()] as [Uint8Array]
  const from = (piece: Uint8Array): Streams => Streams.from({ kids, minute, pieces: () => [piece] })
  expect(from(whole).find('k', 'i', 3)).toBe(2)
  for (let length = 0; length < whole.length; length++) {
    expect(() => from(whole.subarray(0, length))).toThrow('packed stream')
  }
  expect(() => from(Uint8Array.from([...whole, 0]))).toThrow('packed stream')
})

test('a run is the same as its records, one after the other', () => {
  // Runs of any length, with holes between them, in any order; indexes only grow.
  const runs = fc.array(fc.record({ slot: fc.nat(12), count: fc.integer({ min: 1, max: 9 }) }))
  fc.assert(
    fc.property(runs, fc.nat(2), (parts, gap) => {
      const [whole, single] = [new Streams(), new Streams()]
      const taken = new Set<number>()
      let firstIndex = 0
      for (const { count, slot } of parts) {
        if (taken.has(slot)) continue
        taken.add(slot)
        const firstSeq = slot * 9
        const stream = { kid: 'k', instance: 'i', type: 'record', receivedAt: 5 } as const
        whole.addRun({ ...stream, firstSeq, firstIndex, count })
        for (let i = 0; i < count; i++) {
          single.add({ ...stream, seq: firstSeq + i }, firstIndex + i)
        }
        firstIndex += count + gap
      }
      expect([...whole.states()]).toEqual([...single.states()])
      expect(whole.runs).toBe(single.runs)
      expect(whole.missingOf({ kid: 'k', instance: 'i' }, 99)).toEqual(
        single.missingOf({ kid: 'k', instance: 'i' }, 99),
      )
      for (let seq = 0; seq < 120; seq++) {
        expect(whole.find('k', 'i', seq)).toBe(single.find('k', 'i', seq))
      }
    }),
  )
})
