import { expect, test } from '@jest/globals'
import { BodyMemory } from './body-memory.ts'

const bodyOf = (pieces: readonly Uint8Array[]): BodyMemory => {
  const memory = new BodyMemory()
  for (const piece of pieces) memory.append(piece)
  return memory
}

test.each([0, 1, 65_536, 65_537, 300_000, 5_000_000])('%d bytes, in pieces', (length) => {
  const whole = Buffer.from(Array.from({ length: 251 }, (_, i) => i))
  const pieces: Buffer[] = []
  for (let rest = length; rest > 0; rest -= 40_000) {
    pieces.push(Buffer.alloc(Math.min(rest, 40_000), whole))
  }
  const memory = bodyOf(pieces)
  expect(memory.body.equals(Buffer.concat(pieces))).toBe(true)
  memory.release()
  expect(memory.body).toHaveLength(0)
})

test('what is in use is nobody else’s; what was released serves the next', () => {
  const [one, two] = [bodyOf([Buffer.from('one')]), bodyOf([Buffer.from('two')])]
  expect([one.body.toString(), two.body.toString()]).toEqual(['one', 'two'])
  const { buffer } = one.body
  one.release()
  const three = bodyOf([Buffer.from('three')])
  expect(three.body.buffer).toBe(buffer)
  expect(two.body.toString()).toBe('two')
  // A second release gives nothing away twice.
  three.release()
  three.release()
  const [four, five] = [bodyOf([Buffer.from('four')]), bodyOf([Buffer.from('five')])]
  expect(four.body.buffer).not.toBe(five.body.buffer)
})
