// Claims on a paused tail: nothing is forgotten without being told.
import { expect, test } from '@jest/globals'
import type { Row } from '../../api/records.ts'
import { type LiveItem, isGap, keep } from './waiting.ts'

const row = (index: number): Row => ({ index }) as Row

test('up to the limit all wait, beyond it the oldest become one gap', () => {
  const waiting: LiveItem[] = []
  for (let index = 0; index < 4; index++) keep(waiting, row(index), 4)
  expect(waiting.some(isGap)).toBe(false)
  for (let index = 4; index < 10; index++) keep(waiting, row(index), 4)
  expect(waiting).toHaveLength(4)
  expect(waiting[0]).toMatchObject({ isGap: true, from: 0, to: 6, count: 7 })
  expect(waiting.slice(1)).toEqual([row(7), row(8), row(9)])
})

test('a gap of the server counts with what it stands for', () => {
  const waiting: LiveItem[] = []
  keep(waiting, { isGap: true, from: 1, to: 50, count: 50, why: 'too-many' }, 2)
  keep(waiting, row(51), 2)
  keep(waiting, row(52), 2)
  expect(waiting).toEqual([
    { isGap: true, from: 1, to: 51, count: 51, why: 'away-too-long' },
    row(52),
  ])
})
