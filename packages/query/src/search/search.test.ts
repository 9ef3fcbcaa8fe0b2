// What the index finds and counts is what a look at every record finds and counts.
import { describe, expect, test } from '@jest/globals'
import { ATTR, decodeList } from '@grantlog/record'
import { crowd, crowdStart } from '../../test/crowd.ts'
import { unitFrom } from '../../test/random.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import { queryFields, type QueryField } from '../language/fields.ts'
import { parseQuery } from '../language/parse.ts'
import type { LedgerRecord } from '../records.ts'
import { breakDown } from './breakdown.ts'
import { countFacets } from './facets.ts'
import { findPage } from './find.ts'
import { countOverTime } from './histogram.ts'
import { measureLatency } from './latency.ts'
import { prepare } from './matcher.ts'

const records = [...crowd(1_000, unitFrom(7))]
const index = indexOf(records)
const end = records.at(-1)!.leaf.receivedAt
const now = end + 1_000

function indexOf(of: readonly LedgerRecord[]): RecordIndex {
  const made = new RecordIndex(memoryStore(), { chunkRows: 300 })
  for (let frame = 0; frame * 7 < of.length; frame++) {
    made.add(frame, of.slice(frame * 7, frame * 7 + 7))
  }
  return made
}

const fieldOf = (name: string): QueryField => queryFields.get(name) as QueryField
const ready = (query: string) => prepare(parseQuery(query), index, now)

async function foundBy(query: string, order: 'newest' | 'oldest' = 'oldest') {
  const page = await findPage(index, ready(query), { limit: 2_000, order, behind: null })
  return { ...page, indexes: page.rows.map((row) => index.place(row).index) }
}

const text = ({ attributes }: LedgerRecord, name: string): string =>
  String(attributes.get(name) ?? '')
const items = (record: LedgerRecord, name: string): string[] => decodeList(text(record, name))
const millis = ({ view }: LedgerRecord): number =>
  Number((view.endTimeUnixNano - view.startTimeUnixNano) / 1_000n) / 1_000

type Holds = (record: LedgerRecord) => boolean

/** Each query with what it means, said without the index. */
const meanings: readonly (readonly [query: string, holds: Holds])[] = [
  ['', () => true],
  ['client:web', (one) => text(one, ATTR.OAUTH_CLIENT_ID) === 'web'],
  ['client:"client \\"x\\""', (one) => text(one, ATTR.OAUTH_CLIENT_ID) === 'client "x"'],
  ['client:w*', (one) => text(one, ATTR.OAUTH_CLIENT_ID).startsWith('w')],
  ['client:*e*', (one) => text(one, ATTR.OAUTH_CLIENT_ID).includes('e')],
  ['client:web,über', (one) => ['web', 'über'].includes(text(one, ATTR.OAUTH_CLIENT_ID))],
  ['-client:web', (one) => text(one, ATTR.OAUTH_CLIENT_ID) !== 'web'],
  ['client:nobody', () => false],
  ['granted:orders:read', (one) => items(one, ATTR.OAUTH_SCOPE_GRANTED).includes('orders:read')],
  [
    'scope:openid',
    (one) =>
      [ATTR.OAUTH_SCOPE_GRANTED, ATTR.OAUTH_SCOPE_REQUESTED].some((name) =>
        items(one, name).includes('openid'),
      ),
  ],
  ['scope:admin*', (one) => items(one, ATTR.OAUTH_SCOPE_GRANTED).includes('admin:all')],
  ['error:*', (one) => text(one, ATTR.OAUTH_ERROR_CODE) !== ''],
  ['-error:*', (one) => text(one, ATTR.OAUTH_ERROR_CODE) === ''],
  ['status:>=400', (one) => Number(text(one, ATTR.HTTP_RESPONSE_STATUS_CODE)) >= 400],
  ['route:"GET /orders/:id"', (one) => text(one, ATTR.HTTP_ROUTE) === '/orders/:id'],
  ['user:u-7', (one) => text(one, ATTR.USER_ID) === 'u-7'],
  [`user:p1.${'7'.padStart(22, 'A')}`, (one) => text(one, ATTR.USER_ID) === 'u-7'],
  [
    `token:t1.${'56'.padStart(22, 'A')}`,
    (one) => items(one, ATTR.OAUTH_TOKEN_HASH).some((hash) => hash.endsWith('A56')),
  ],
  [`trace:${'1f'.padStart(32, '0')}`, (one) => one.leaf.seq === 30],
  ['duration:>1s', (one) => millis(one) > 1_000],
  ['duration:10ms..500ms', (one) => millis(one) >= 10 && millis(one) <= 500],
  ['reuse:true', (one) => text(one, ATTR.OAUTH_REFRESH_REUSE_DETECTED) === 'true'],
  ['after:-20s', (one) => one.leaf.receivedAt >= now - 20_000],
  [`before:${crowdStart + 9_000}`, (one) => one.leaf.receivedAt < crowdStart + 9_000],
  ['index:100..120', (one) => one.index >= 100 && one.index <= 120],
  ['WORK', (one) => text(one, ATTR.OAUTH_CLIENT_ID) === 'Worker'],
  ['0000000000000000000000000000001f', (one) => one.leaf.seq === 30],
  ['instance:one', () => true],
]

describe('finding', () => {
  test.each(meanings)('%s', async (query, holds) => {
    const expected = records.filter(holds).map((one) => one.index)
    const { indexes, total } = await foundBy(query)
    expect(indexes).toEqual(expected)
    expect(total).toBe(expected.length)
  })

  test('terms together, by OR and by NOT', async () => {
    const random = unitFrom(11)
    const pick = () => meanings[Math.floor(random() * meanings.length)]!
    for (let n = 0; n < 200; n++) {
      const [[a, inA], [b, inB], [c, inC]] = [pick(), pick(), pick()]
      if ([a, b, c].includes('')) continue
      const query = `(${a} OR ${b}) -(${c} ${a})`
      const holds: Holds = (one) => (inA(one) || inB(one)) && !(inC(one) && inA(one))
      const { indexes } = await foundBy(query)
      expect([query, indexes]).toEqual([query, records.filter(holds).map((one) => one.index)])
    }
  })

  test.each(['newest', 'oldest'] as const)(
    'pages of the %s first have all, once',
    async (order) => {
      const all = (await foundBy('outcome:denied', order)).indexes
      const seen: number[] = []
      for (let behind: number | null = null, more = true; more;) {
        const request = { limit: 17, order, behind }
        const page = await findPage(index, ready('outcome:denied'), request)
        seen.push(...page.rows.map((row) => index.place(row).index))
        ;[behind, more] = [page.rows.at(-1) ?? null, page.more]
        expect(page.total).toBe(all.length)
      }
      expect(seen).toEqual(all)
      expect(seen[0]! < seen[1]!).toBe(order === 'oldest')
    },
  )

  test('a row is found by its place in the log', () => {
    for (const [row, { index: at }] of records.entries()) {
      expect([index.rowAt(at), index.place(row)]).toEqual([
        row,
        { row, index: at, frame: Math.floor(row / 7) },
      ])
    }
    expect([index.rowAt(0), index.rowAt(10 ** 9)]).toEqual([0, records.length])
  })
})

describe('counting', () => {
  const fields = ['client', 'scope', 'granted', 'error', 'user', 'kid'].map(fieldOf)

  test.each([
    ...['', 'outcome:denied', '-outcome:denied', 'client:nobody', '-client:web', 'index:>200'],
  ])('facets of `%s`', async (query) => {
    const matching = new Set((await foundBy(query)).indexes)
    const among = records.filter((one) => matching.has(one.index))
    const counted = await countFacets(index, ready(query), { fields, top: 3 })
    expect(counted.total).toBe(among.length)
    const byName = new Map(counted.facets.map((facet) => [facet.field, facet]))
    const clients = countBy(among, (one) => [text(one, ATTR.OAUTH_CLIENT_ID)])
    const told = (name: string) =>
      byName.get(name)?.values.map(({ count, value }) => [value, count])
    expect(told('client')).toEqual(clients.slice(0, 3))
    expect(byName.get('client')?.more).toBe(Math.max(0, clients.length - 3))
    const both = [ATTR.OAUTH_SCOPE_GRANTED, ATTR.OAUTH_SCOPE_REQUESTED]
    const scopes = countBy(among, (one) => [...new Set(both.flatMap((name) => items(one, name)))])
    expect(told('scope')).toEqual(scopes.slice(0, 3))
    const moreCount = scopes.slice(3).reduce((sum, [, count]) => sum + count, 0)
    expect(byName.get('scope')?.moreCount).toBe(moreCount)
    const without = among.filter((one) => text(one, ATTR.OAUTH_ERROR_CODE) === '').length
    expect(byName.get('error')?.missing).toBe(without)
    const users = countBy(among, (one) => [text(one, ATTR.USER_ID)])
    expect(byName.get('user')?.values.map(({ count }) => count)).toEqual(
      users.slice(0, 3).map(([, count]) => count),
    )
    expect(byName.get('user')?.more).toBe(Math.max(0, users.length - 3))
    for (const { example } of byName.get('user')?.values ?? []) {
      expect(matching.has(index.place(example!).index)).toBe(true)
    }
  })

  test.each(['', 'outcome:denied after:-30s', 'client:nobody'])(
    'a histogram of `%s` has every record once, in its bucket',
    async (query) => {
      const found = await foundBy(query)
      const over = await countOverTime(index, ready(query), {
        ...{ buckets: 20, by: fieldOf('outcome'), now },
      })
      const buckets = Math.round((over.to - over.from) / over.bucketMs)
      expect(buckets).toBeLessThanOrEqual(20)
      expect(over.total).toBe(found.total)
      const matching = new Set(found.indexes)
      for (const { counts, value } of over.series) {
        const expected = Array.from({ length: buckets }, () => 0)
        for (const one of records) {
          if (!matching.has(one.index) || text(one, ATTR.AUDIT_OUTCOME) !== value) continue
          expected[Math.floor((one.leaf.receivedAt - over.from) / over.bucketMs)]! += 1
        }
        expect([value, counts]).toEqual([value, expected])
      }
    },
  )

  test.each(['', 'outcome:denied', '-error:*'])('errors by action in %j', async (query) => {
    const { indexes } = await foundBy(query)
    const matching = new Set(indexes)
    const of = records.filter(({ index: at }) => matching.has(at))
    const options = { by: fieldOf('error'), into: fieldOf('action'), top: 2 }
    const { groups, total } = await breakDown(index, ready(query), options)
    expect(total).toBe(of.length)
    const codeOf = (one: LedgerRecord): string => text(one, ATTR.OAUTH_ERROR_CODE)
    expect(groups.map(({ count, value }) => [value, count])).toEqual(
      countBy(of, (one) => [codeOf(one)]).slice(0, 2),
    )
    for (const { parts, value } of groups) {
      const own = of.filter((one) => codeOf(one) === value)
      expect(parts.map((part) => [part.value, part.count])).toEqual(
        countBy(own, (one) => [text(one, ATTR.AUDIT_ACTION)]).slice(0, 2),
      )
    }
  })

  test('quantiles are at most 3 % off', async () => {
    const groups = await measureLatency(index, ready(''), { by: fieldOf('action'), top: 9 })
    expect(groups.map(({ value }) => value).toSorted()).toEqual([
      ...['oauth.login', 'oauth.resource_access', 'oauth.token'],
    ])
    for (const { count, maxMs, p50Ms, p95Ms, p99Ms, value } of groups) {
      const sorted = records
        .filter((one) => text(one, ATTR.AUDIT_ACTION) === value)
        .map(millis)
        .toSorted((a, b) => a - b)
      expect([count, maxMs]).toEqual([sorted.length, sorted.at(-1)])
      for (const [part, told] of [[0.5, p50Ms] as const, [0.95, p95Ms], [0.99, p99Ms]]) {
        const exact = sorted[Math.ceil(sorted.length * part) - 1]!
        expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * 0.03 + 0.001)
      }
    }
  })
})

/** The most frequent first, then by name. */
function countBy(of: readonly LedgerRecord[], valuesOf: (one: LedgerRecord) => string[]) {
  const counts = new Map<string, number>()
  for (const value of of.flatMap(valuesOf)) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}
