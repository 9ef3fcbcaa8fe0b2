import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { digitsOf, putDecimal, putHash } from './ascii.ts'

test('base64url of a hash is what Node writes', () => {
  for (let from = 0; from < 64; from++) {
    const bytes = randomBytes(96)
    const into = Buffer.alloc(60, '.')
    const end = putHash(into, 3, bytes, from)
    const text = bytes.toString('base64url', from, from + 32)
    expect(into.toString('latin1')).toBe(`...${text}`.padEnd(60, '.'))
    expect(end).toBe(3 + text.length)
  }
})

test('numbers are what String writes, at both ends of each length', () => {
  const powers = Array.from({ length: 16 }, (_, i) => 10 ** i)
  const numbers = [0, ...powers.flatMap((power) => [power - 1, power, power + 1])]
  for (const number of [...numbers, Number.MAX_SAFE_INTEGER]) {
    const into = Buffer.alloc(30, '.')
    const end = putDecimal(into, 2, number)
    expect(into.toString('latin1')).toBe(`..${number}`.padEnd(30, '.'))
    expect([end, digitsOf(number)]).toEqual([2 + String(number).length, String(number).length])
  }
})
