import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Streams } from './streams.ts'

test('every record is found where it was put, in whatever order the numbers came', () => {
  const order = fc.uniqueArray(fc.nat(60), { minLength: 1 })
  fc.assert(
    fc.property(order, fc.nat(5), (numbers, gap) => {
      const streams = new Streams()
      const places = new Map<number, number>()
      for (const [i, seq] of numbers.entries()) {
        const index = i + (i > 3 ? gap : 0)
        places.set(seq, index)
        streams.add({ kid: 'k', instance: 'i', seq, type: 'record' }, index)
      }
      for (let seq = 0; seq <= 61; seq++) {
        expect(streams.find('k', 'i', seq)).toBe(places.get(seq))
        expect(streams.find('k', 'other', seq)).toBeUndefined()
      }
      const [state] = [...streams.states()]
      const highestSeq = Math.max(...numbers)
      expect(state).toMatchObject({
        records: numbers.length,
        highestSeq,
        missing: highestSeq + 1 - numbers.length,
        closed: false,
      })
    }),
  )
})

test('a stop closes its stream', () => {
  const streams = new Streams()
  streams.add({ kid: 'k', instance: 'i', seq: 0, type: 'start' }, 0)
  streams.add({ kid: 'k', instance: 'i', seq: 1, type: 'stop' }, 1)
  expect([...streams.states()][0]!.closed).toBe(true)
})
