import { describe, expect, test } from '@jest/globals'
import { ATTR, type AttributeValue } from '@grantlog/record'
import { checkRecords, type StepReport } from './check.ts'
import type { ExpectedRecord } from './expectation.ts'
import { countKinds, type SeenRecord } from './records.ts'

const trace = 'a'.repeat(32)

function seen(
  service: string,
  action: string,
  attributes: Record<string, AttributeValue> = {},
  rest: Partial<SeenRecord> = {},
): SeenRecord {
  const all = new Map(Object.entries(attributes))
  const base = { index: 7, traceId: trace, role: 'client', outcome: 'success' }
  return { ...base, tookMs: 5, endedAtMs: 5, service, action, attributes: all, ...rest }
}

function wanted(
  service: ExpectedRecord['service'],
  action: string,
  says: ExpectedRecord['says'] = {},
  rest: Partial<ExpectedRecord> = {},
): ExpectedRecord {
  return { service, action, outcome: 'success', says, ...rest }
}

function check(expected: readonly ExpectedRecord[], records: readonly SeenRecord[]): StepReport {
  return checkRecords([{ step: 'a step', traceId: trace, expected }], records)[0]!
}

const told = ({ different, extra, missing }: StepReport): string[] => [
  ...missing.map((text) => `missing ${text}`),
  ...extra.map((text) => `extra ${text}`),
  ...different,
]

describe('a step', () => {
  test('is as expected when each record is there once and says what it must', () => {
    const want = wanted('api', 'oauth.token', { client: 'web', status: 200, user: null })
    const have = seen('api', 'oauth.token', {
      [ATTR.OAUTH_CLIENT_ID]: 'web',
      [ATTR.HTTP_RESPONSE_STATUS_CODE]: 200n,
      [ATTR.HTTP_ROUTE]: '/not/asked/about',
    })
    expect(told(check([want], [have]))).toEqual([])
  })

  test('names what is missing and what is extra', () => {
    const report = check(
      [wanted('api', 'oauth.token'), wanted('web', 'oauth.token')],
      [seen('api', 'oauth.token'), seen('api', 'oauth.token', {}, { index: 9 })],
    )
    expect(told(report)).toEqual([
      'missing a step: oauth.token of web',
      'extra a step: oauth.token of api (#9)',
    ])
  })

  test.each<[string, ExpectedRecord, SeenRecord, string]>([
    [
      'an outcome',
      wanted('api', 'oauth.token'),
      seen('api', 'oauth.token', {}, { outcome: 'denied' }),
      'outcome is denied, not success',
    ],
    [
      'a value',
      wanted('api', 'oauth.token', { client: 'web' }),
      seen('api', 'oauth.token', { [ATTR.OAUTH_CLIENT_ID]: 'wob' }),
      'client is wob, not web',
    ],
    [
      'a value that is not said',
      wanted('api', 'oauth.token', { client: 'web' }),
      seen('api', 'oauth.token'),
      'client is null, not web',
    ],
    [
      'a value that must not be said',
      wanted('api', 'oauth.token', { user: null }),
      seen('api', 'oauth.token', { [ATTR.USER_HASH]: 'p1.x' }),
      'user is p1.x, not null',
    ],
    [
      'a number that is too small',
      wanted('api', 'oauth.token', { bytes: { atLeast: 10 } }),
      seen('api', 'oauth.token', { [ATTR.HTTP_RESPONSE_BODY_SIZE]: 9n }),
      'bytes is 9, less than 10',
    ],
    [
      'a name without a value',
      wanted('api', 'oauth.token', { user: '$alice' }),
      seen('api', 'oauth.token'),
      'user is not said, $alice is expected',
    ],
    [
      'an action that was too fast',
      wanted('api', 'oauth.token', {}, { tookMs: 300 }),
      seen('api', 'oauth.token'),
      'it took 5 ms',
    ],
  ])('tells %s', (_, want, have, difference) => {
    expect(told(check([want], [have]))).toEqual([`a step: oauth.token of api: ${difference}`])
  })

  test('pairs records of one action by what they say, not by their order', () => {
    const report = check(
      [
        wanted('api', 'oauth.token', { client: 'a' }),
        wanted('api', 'oauth.token', { client: 'b' }),
      ],
      [
        seen('api', 'oauth.token', { [ATTR.OAUTH_CLIENT_ID]: 'b' }),
        seen('api', 'oauth.token', { [ATTR.OAUTH_CLIENT_ID]: 'a' }),
      ],
    )
    expect(told(report)).toEqual([])
  })
})

describe('a name', () => {
  const want = (user: string): ExpectedRecord => wanted('api', 'oauth.token', { user })
  const have = (hash: string): SeenRecord => seen('api', 'oauth.token', { [ATTR.USER_HASH]: hash })
  const over = (pairs: readonly (readonly [string, string])[]): string[] => {
    const steps = pairs.map(([user], i) => {
      return { step: `${i}`, traceId: `${i}`, expected: [want(user)] }
    })
    const records = pairs.map(([, hash], i) => ({ ...have(hash), traceId: `${i}` }))
    return checkRecords(steps, records).flatMap(({ different }) => different)
  }

  test('stands for one thing in all steps', () => {
    expect(
      over([
        ['$a', 'x'],
        ['$b', 'y'],
        ['$a', 'x'],
      ]),
    ).toEqual([])
    expect(
      over([
        ['$a', 'x'],
        ['$a', 'y'],
      ]),
    ).toEqual(['1: oauth.token of api: user is something new, not $a'])
  })

  test('stands for another thing than any other name', () => {
    expect(
      over([
        ['$a', 'x'],
        ['$b', 'x'],
      ]),
    ).toEqual(['1: oauth.token of api: user is $a, not $b'])
  })
})

test('records of no step belong to the one without a trace', () => {
  const steps = [
    { step: 'start', traceId: null, expected: [] },
    { step: 'a step', traceId: trace, expected: [] },
  ]
  const stranger = seen('web', 'oauth.discovery', {}, { traceId: 'b'.repeat(32) })
  expect(checkRecords(steps, [stranger]).map(({ extra }) => extra.length)).toEqual([1, 0])
})

test('kinds differ in role, action, grant type or route, outcome and reason', () => {
  const one = seen('api', 'oauth.token')
  const others = [
    { ...one, role: 'resource_server' },
    { ...one, action: 'oauth.revoke' },
    { ...one, outcome: 'failure' },
    seen('api', 'oauth.token', { [ATTR.OAUTH_GRANT_TYPE]: 'refresh_token' }),
    seen('api', 'oauth.token', { [ATTR.HTTP_ROUTE]: '/orders' }),
    seen('api', 'oauth.token', { [ATTR.OAUTH_ERROR_REASON]: 'other' }),
  ]
  expect(countKinds([one, one, ...others])).toBe(7)
  expect(countKinds([one, { ...one, service: 'web' }])).toBe(1)
})
