import { expect, test } from '@jest/globals'
import { marksOf, matrixOf, type Scopes } from './marks.ts'

const use = (over: Partial<Parameters<typeof marksOf>[0]> = {}) => {
  return {
    ...{ scope: 'orders:read', allowed: 0, requested: 0, granted: 0, used: 0, missing: 0 },
    ...over,
  }
}

test('a cell says what matters most first', () => {
  const told: [ReturnType<typeof use>, string[]][] = [
    [use({ allowed: 1, requested: 1, granted: 1, used: 9 }), ['used']],
    [use({ allowed: 1, requested: 1, granted: 1 }), ['idle']],
    [use({ scope: 'openid', allowed: 1, requested: 1, granted: 1 }), ['own']],
    [use({ allowed: 1 }), ['spare']],
    [use({ allowed: 1, requested: 1 }), ['ungranted']],
    [use({ requested: 1 }), ['unallowed']],
    [use({ requested: 1, granted: 1, used: 1 }), ['unallowed', 'used']],
    [use({ used: 1 }), ['beyond']],
    [use({ missing: 1 }), ['short']],
    [use({ allowed: 1, requested: 1, granted: 1, used: 1, missing: 2 }), ['short', 'used']],
    [use(), []],
  ]
  for (const [cell, marks] of told) expect(marksOf(cell, true)).toEqual(marks)
  expect(marksOf(undefined, true)).toEqual([])
})

test('where nobody tells what is allowed, as of roles, nothing is held against a request', () => {
  expect(marksOf(use({ requested: 1 }), false)).toEqual(['ungranted'])
})

test('rows with the worst findings stand first, and one finding can be looked at alone', () => {
  const row = (name: string, ...scopes: ReturnType<typeof use>[]): Scopes['rows'][number] => {
    return { name, records: 1, denied: 0, privileged: 0, scopes }
  }
  const scopes: Scopes = {
    ...{ by: 'client', since: 0, cut: false },
    rows: [
      row('idle', use({ allowed: 1, granted: 1 }), use({ scope: 'a', allowed: 1, granted: 1 })),
      row('good', use({ allowed: 1, granted: 1, used: 1 })),
      row('beyond', use({ scope: 'b', used: 1 })),
      row('stranger'),
    ],
  }
  const matrix = matrixOf(scopes, null)
  expect(matrix.rows.map(({ row: { name } }) => name)).toEqual(['beyond', 'idle', 'good'])
  expect(matrix.without).toBe(1)
  expect(matrix.findings).toEqual({ beyond: 1, unallowed: 0, short: 0, idle: 2 })
  const alone = matrixOf(scopes, 'beyond')
  expect(alone.scopes).toEqual(['b'])
  expect(alone.rows.length).toBe(1)
})
