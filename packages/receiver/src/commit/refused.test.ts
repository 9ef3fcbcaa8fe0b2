// Guarantee: refused records are told in the fewest runs, each of one batch and one reason.
import { expect, test } from '@jest/globals'
import type { RefusedPlace } from '../flow.ts'
import { runsOfRefused } from './refused.ts'

const place = (seq: number, root = '_w', code: RefusedPlace['code'] = 'CONFLICT'): RefusedPlace => {
  return { code, root, seq }
}

test('runs of one batch and one reason', () => {
  const places = [place(3), place(1), place(2), place(2), place(5), place(4, 'AA')]
  expect(runsOfRefused([...places, place(6, '_w', 'ALTERED')])).toEqual([
    { code: 'CONFLICT', root: '/w==', firstSeq: 1, lastSeq: 3 },
    { code: 'CONFLICT', root: '/w==', firstSeq: 5, lastSeq: 5 },
    { code: 'CONFLICT', root: 'AA==', firstSeq: 4, lastSeq: 4 },
    { code: 'ALTERED', root: '/w==', firstSeq: 6, lastSeq: 6 },
  ])
})
