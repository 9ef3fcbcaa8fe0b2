import { expect, test } from '@jest/globals'
import { marksOf, matrixOf, type Scopes } from './marks.ts'

type Use = NonNullable<Parameters<typeof marksOf>[0]>

const use = (over: Partial<Use> = {}): Use => {
  return {
    ...{ scope: 'orders:read', allowed: 0, requested: 0, granted: 0, used: 0, missing: 0 },
    findings: [],
    ...over,
  }
}

test('a cell says what was found first, then what the scope is', () => {
  const told: [Use, string[]][] = [
    [use({ allowed: 1, requested: 1, granted: 1, used: 9 }), ['used']],
    [use({ allowed: 1, requested: 1, granted: 1, findings: ['idle'] }), ['idle']],
    [use({ scope: 'openid', allowed: 1, requested: 1, granted: 1 }), ['own']],
    [use({ allowed: 1 }), ['spare']],
    [use({ allowed: 1, requested: 1 }), ['ungranted']],
    [use({ requested: 1, findings: ['unallowed'] }), ['unallowed']],
    [use({ requested: 1, granted: 1, used: 1, findings: ['unallowed'] }), ['unallowed', 'used']],
    [use({ used: 1, findings: ['beyond'] }), ['beyond']],
    [use({ missing: 1, findings: ['short'] }), ['short']],
    [use({ granted: 1, used: 1, missing: 2, findings: ['short'] }), ['short', 'used']],
    [use({ granted: 1, missing: 2, findings: ['short', 'idle'] }), ['short', 'idle']],
    [use(), []],
  ]
  for (const [cell, marks] of told) expect(marksOf(cell)).toEqual(marks)
  expect(marksOf(undefined)).toEqual([])
})

test('rows with the worst findings stand first, and one finding can be looked at alone', () => {
  const row = (name: string, ...scopes: ReturnType<typeof use>[]): Scopes['rows'][number] => {
    return { name, records: 1, refused: 0, privileged: 0, scopes }
  }
  const idle = use({ allowed: 1, granted: 1, findings: ['idle'] })
  const scopes: Scopes = {
    ...{ by: 'client', since: 0, cut: false },
    rows: [
      row('idle', idle, { ...idle, scope: 'a' }),
      row('good', use({ allowed: 1, granted: 1, used: 1 })),
      row('beyond', use({ scope: 'b', used: 1, findings: ['beyond'] })),
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
