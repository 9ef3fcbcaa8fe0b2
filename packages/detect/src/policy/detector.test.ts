// Guarantee: what a record shows against the policy is found, and nothing is held against anybody
// of whom too little is known; the same records tell the same, also from a snapshot on.
import { describe, expect, test } from '@jest/globals'
import { sha256 } from '@grantlog/ledger'
import { ATTR, type AttributeValue, type JsonValue, type Policy, policyOf } from '@grantlog/record'
import type { Detection } from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { policyDetector } from './detector.ts'
import { deniedMax, recordsMax, windowMs } from './limits.ts'
import { createWindows } from './windows.ts'

const document = {
  format: 'grantlog-policy-v2',
  routes: [
    { methods: ['GET'], route: '/orders/:id', scopes: ['orders:read'] },
    { methods: ['GET'], route: '/export', roles: ['admin'], privileged: 'export' },
    { methods: ['POST'], route: '/users/:id', privileged: 'user_data_change' },
  ],
  roles: { support: { scopes: ['orders:read', 'openid'] }, admin: { scopes: ['*'] } },
  clients: { desk: { scopes: ['orders:*', 'openid', 'users:*'] } },
  privileged: {
    export: { bytesMax: 1_000, bytesPerHourMax: 2_500, rowsPerHourMax: 2_000, perHourMax: 4 },
    administration: { actions: ['shop.report'], rowsMax: 1_000, rowsPerHourMax: 2_500 },
    user_data_change: { roles: ['admin'] },
    consent: { actions: ['oauth.consent'] },
  },
}
const policy = policyOf(document, sha256)
const ada = 'p1.AAAAAAAAAAAAAAAAAAAAAA'

type Attributes = Readonly<Record<string, AttributeValue>>
let made = 0

/** A request of a support agent to an API, let in. */
function event(more: Attributes = {}, atMs = 0): AuditEvent {
  const attributes: Attributes = {
    [ATTR.AUDIT_ACTION]: 'oauth.resource_access',
    [ATTR.AUDIT_OUTCOME]: 'success',
    [ATTR.AUDIT_ACTOR_TYPE]: 'user',
    [ATTR.AUDIT_ACTOR_ID]: ada,
    [ATTR.AUDIT_POLICY_HASH]: policy.hash,
    [ATTR.AUDIT_PRODUCER_SERVICE]: 'api',
    [ATTR.OAUTH_ROLE]: 'resource_server',
    [ATTR.OAUTH_CLIENT_ID]: 'desk',
    [ATTR.OAUTH_SCOPE_GRANTED]: 'openid orders:read',
    [ATTR.USER_ROLES]: 'support',
    [ATTR.USER_ID]: 'ada',
    [ATTR.HTTP_REQUEST_METHOD]: 'GET',
    [ATTR.HTTP_ROUTE]: '/orders/:order',
    ...more,
  }
  const told = Object.entries(attributes).filter(([, value]) => value !== '')
  const index = made++
  return { id: `id-${index}`, index, atMs, receivedMs: atMs, attributes: new Map(told) }
}

const titlesOf = (found: readonly Detection[]): string[] =>
  found.map(({ rule }) => `${rule.level}: ${rule.title}`)

/** What one record tells. */
function found(more: Attributes, by: Policy = policy): Detection[] {
  return [...policyDetector(by).take(event(more))]
}

const exported = { [ATTR.HTTP_ROUTE]: '/export', [ATTR.USER_ROLES]: 'admin' }

test('what the policy allows tells nothing', () => {
  expect(found({})).toEqual([])
  expect(found({ [ATTR.HTTP_ROUTE]: '/elsewhere', [ATTR.OAUTH_SCOPE_GRANTED]: '' })).toEqual([])
})

describe('let in although the policy says no is critical', () => {
  test('for a role', () => {
    const [first, ...rest] = found({ [ATTR.HTTP_ROUTE]: '/export' })
    expect(first).toMatchObject({
      rule: { title: 'Let in although the policy asks for another role', level: 'critical' },
      group: [
        [ATTR.AUDIT_ACTOR_ID, ada],
        [ATTR.HTTP_ROUTE, '/export'],
      ],
      count: 1,
      words: 'Once let in at GET /export, for which the policy asks the role admin',
    })
    expect(titlesOf(rest)).toEqual(['informational: A privileged action'])
  })

  test('for a scope', () => {
    expect(titlesOf(found({ [ATTR.OAUTH_SCOPE_GRANTED]: 'openid' }))).toEqual([
      'critical: Let in although the policy asks for a scope that the token lacks',
    ])
  })

  test('where no framework named the route, by the words of the path', () => {
    const teams = policyOf(
      { format: 'grantlog-policy-v2', routes: [{ route: '/teams/:team', roles: ['admin'] }] },
      sha256,
    )
    for (const path of ['/teams/blue', '/teams/:id']) {
      const seen = { [ATTR.HTTP_ROUTE]: '', [ATTR.URL_TEMPLATE]: path }
      const told = found({ ...seen, [ATTR.AUDIT_POLICY_HASH]: teams.hash }, teams)
      expect(titlesOf(told)[0]).toMatch(/^critical: .* another role$/)
    }
  })

  test('also where the record says it by itself', () => {
    const machine = {
      ...{ [ATTR.HTTP_ROUTE]: '/export', [ATTR.USER_ROLES]: '', [ATTR.USER_ID]: '' },
      ...{ [ATTR.AUDIT_ACTOR_TYPE]: 'client', [ATTR.OAUTH_ERROR_REASON]: 'role_insufficient' },
    }
    expect(titlesOf(found(machine))[0]).toMatch(/^critical: .* another role$/)
  })
})

describe('of whom too little is known nothing is said', () => {
  const atExport = { [ATTR.HTTP_ROUTE]: '/export', [ATTR.USER_ROLES]: '' }
  const other = { [ATTR.AUDIT_POLICY_HASH]: 'other' }

  test.each<[string, Attributes, number, boolean]>([
    ['without a role under this policy', atExport, 0, true],
    ['without a role under another policy', { ...atExport, ...other }, 1, false],
    [
      'whose slot was erased, let in rightly by then',
      { ...atExport, [ATTR.USER_ID]: '' },
      0,
      false,
    ],
    [
      'without a scope under another policy',
      { ...other, [ATTR.OAUTH_SCOPE_GRANTED]: '' },
      1,
      false,
    ],
    [
      'whose token nobody validated',
      { ...atExport, [ATTR.AUDIT_ACTOR_TYPE]: 'anonymous' },
      1,
      false,
    ],
    [
      'a machine that does what some roles may',
      {
        ...{ [ATTR.HTTP_REQUEST_METHOD]: 'POST', [ATTR.HTTP_ROUTE]: '/users/:id' },
        ...{ [ATTR.USER_ROLES]: '', [ATTR.USER_ID]: '', [ATTR.AUDIT_ACTOR_TYPE]: 'client' },
      },
      1,
      false,
    ],
    ['as the client tells it', { ...atExport, [ATTR.OAUTH_ROLE]: 'client' }, 0, false],
  ])('%s', (_who, more, unjudged, isCritical) => {
    const detector = policyDetector(policy)
    const detections = detector.take(event(more))
    expect(detections.some(({ rule }) => rule.level === 'critical')).toBe(isCritical)
    expect(detector.unjudged()).toBe(unjudged)
  })
})

describe('refused', () => {
  const denied = {
    ...{ [ATTR.HTTP_ROUTE]: '/export', [ATTR.AUDIT_OUTCOME]: 'denied' },
    [ATTR.OAUTH_ERROR_REASON]: 'role_insufficient',
  }

  test('once is low, again and again in an hour is medium', () => {
    const detector = policyDetector(policy)
    const told = Array.from({ length: deniedMax + 1 }, (_, i) =>
      titlesOf(detector.take(event(denied, i))).map((title) => title.split(':')[0]),
    )
    expect(told).toEqual([['low'], [], [], [], ['medium'], []])
  })

  test('is counted by who and where, and by the hour', () => {
    const detector = policyDetector(policy)
    const counts = (more: Attributes, atMs: number): number[] =>
      detector.take(event({ ...denied, ...more }, atMs)).map(({ count }) => count)
    expect(counts({}, 0)).toEqual([1])
    expect(counts({}, windowMs - 1)).toEqual([])
    expect(counts({ [ATTR.AUDIT_ACTOR_ID]: 'p1.B' }, 1)).toEqual([1])
    expect(counts({}, windowMs)).toEqual([1])
  })

  test('for another reason it is nothing of the policy', () => {
    const reason = {
      [ATTR.OAUTH_ERROR_REASON]: 'token_missing',
      [ATTR.AUDIT_ACTOR_TYPE]: 'anonymous',
    }
    expect(found({ ...denied, ...reason })).toEqual([])
  })
})

describe('scopes', () => {
  const token = {
    ...{ [ATTR.AUDIT_ACTION]: 'oauth.token', [ATTR.OAUTH_ROLE]: 'authorization_server' },
    ...{ [ATTR.HTTP_ROUTE]: '/token', [ATTR.HTTP_REQUEST_METHOD]: 'POST' },
  }

  test.each<[string, Attributes, string[]]>([
    ['granted as allowed', {}, []],
    [
      'beyond the client',
      { [ATTR.OAUTH_SCOPE_GRANTED]: 'admin', [ATTR.USER_ROLES]: 'admin' },
      ['high'],
    ],
    ['beyond the role', { [ATTR.OAUTH_SCOPE_GRANTED]: 'orders:write' }, ['high']],
    ['beyond both', { [ATTR.OAUTH_SCOPE_GRANTED]: 'admin' }, ['high', 'high']],
    ['beyond the registration', { [ATTR.OAUTH_SCOPE_ALLOWED]: 'openid' }, ['high']],
    ['asked for, not granted', { [ATTR.OAUTH_SCOPE_REQUESTED]: 'admin openid' }, ['low']],
    [
      'asked for, refused',
      { [ATTR.OAUTH_SCOPE_REQUESTED]: 'admin', [ATTR.AUDIT_OUTCOME]: 'denied' },
      ['low'],
    ],
  ])('%s', (_what, more, levels) => {
    expect(found({ ...token, ...more }).map(({ rule }) => rule.level)).toEqual(levels)
  })

  test('that nobody granted are counted, never named', () => {
    const asked = { [ATTR.OAUTH_SCOPE_REQUESTED]: 'typed-by-somebody x' }
    const [detection] = found({ ...token, ...asked })
    expect(JSON.stringify(detection)).not.toContain('typed')
    expect(detection!.words).toContain('2 scopes')
  })
})

describe('privileged actions', () => {
  const bytes = (size: bigint): Attributes => ({
    ...exported,
    [ATTR.HTTP_RESPONSE_BODY_SIZE]: size,
  })

  test('are told at the threshold and beyond it, by whom and how much', () => {
    const detector = policyDetector(policy)
    const told = [1_000n, 1_001n, 499n, 1n, 1n].map((size, i) =>
      detector.take(event(bytes(size), i)).map(({ words }) => words),
    )
    expect(told).toEqual([
      ['Once of the kind export'],
      ['1001 bytes in one action of the kind export, more than 1000'],
      [],
      ['2501 bytes in actions of the kind export in an hour, more than 2500'],
      ['5 actions of the kind export in an hour, more than 4'],
    ])
  })

  test('are told by rows, too, also where nothing tells bytes', () => {
    const detector = policyDetector(policy)
    const told = [1_000n, 1_204n, 296n, -9n, 1n, 1_001n].map((rows, i) => {
      const report = { [ATTR.AUDIT_ACTION]: 'shop.report', [ATTR.HTTP_ROUTE]: '' }
      const taken = detector.take(event({ ...report, [ATTR.AUDIT_RESPONSE_ROWS]: rows }, i))
      return taken.filter(({ rule }) => rule.level === 'high').map(({ words }) => words)
    })
    expect(told).toEqual([
      [],
      ['1204 rows in one action of the kind administration, more than 1000'],
      [],
      [],
      ['2501 rows in actions of the kind administration in an hour, more than 2500'],
      ['1001 rows in one action of the kind administration, more than 1000'],
    ])
    const consent = { [ATTR.AUDIT_ACTION]: 'oauth.consent', [ATTR.HTTP_ROUTE]: '' }
    expect(found({ ...consent, [ATTR.AUDIT_RESPONSE_ROWS]: 9_999n })).toHaveLength(1)
  })

  test('of a clock that is a year ahead are of the hour in which they came', () => {
    const detector = policyDetector(policy)
    const hourMs = 3_600_000
    const told = [8_760 * hourMs, 2 * hourMs, 4 * hourMs].map((atMs, i) =>
      detector
        .take({ ...event(bytes(900n), atMs), receivedMs: 2 * i * hourMs })
        .map(({ words }) => words),
    )
    // Nothing is summed up over hours.
    expect(told).toEqual(Array.from({ length: 3 }, () => ['Once of the kind export']))
  })

  test('by somebody who may not are critical', () => {
    const change = { [ATTR.HTTP_REQUEST_METHOD]: 'POST', [ATTR.HTTP_ROUTE]: '/users/:id' }
    expect(titlesOf(found({ ...change, [ATTR.USER_ROLES]: 'admin' }))).toEqual([
      'informational: A privileged action',
    ])
    expect(titlesOf(found(change))[1]).toMatch(/^critical: A privileged action by somebody/)
  })

  test('are so by what is done, too', () => {
    const consent = { [ATTR.AUDIT_ACTION]: 'oauth.consent', [ATTR.HTTP_ROUTE]: '' }
    expect(found(consent)[0]?.group).toContainEqual([ATTR.AUDIT_PRIVILEGED, 'consent'])
  })

  test('that were refused were not done', () => {
    expect(found({ ...exported, [ATTR.AUDIT_OUTCOME]: 'failure' })).toEqual([])
  })
})

describe('how a record was made', () => {
  test('under a policy that was not sealed before it', () => {
    const detector = policyDetector(policy, {
      isKnown: (hash, { index }) => hash === 'x' && index! > 0,
    })
    const take = (): string[] => titlesOf(detector.take(event({ [ATTR.AUDIT_POLICY_HASH]: 'y' })))
    expect(take()).toEqual(['informational: Records under a policy that the log does not know'])
    expect(take()).toEqual([])
  })

  const levels = policyOf(
    { ...document, audit: [{ routes: ['/orders/*'], level: 'full' }] },
    sha256,
  )
  test.each<[string, Attributes, boolean]>([
    ['as asked', { [ATTR.AUDIT_LEVEL]: 'full' }, false],
    ['lower', { [ATTR.AUDIT_LEVEL]: 'standard' }, true],
    ['not at all', {}, true],
    ['under another policy', { [ATTR.AUDIT_POLICY_HASH]: 'other' }, false],
  ])('at a level: %s', (_what, more, isLower) => {
    const detections = found({ [ATTR.AUDIT_POLICY_HASH]: levels.hash, ...more }, levels)
    expect(titlesOf(detections).some((title) => title.includes('lower level'))).toBe(isLower)
  })
})

test('a long series is told tenfold, with the first record and the newest', () => {
  const detector = policyDetector(policy)
  const told: Detection[] = []
  for (let i = 0; i < 100; i++)
    told.push(...detector.take(event({ [ATTR.HTTP_ROUTE]: '/export' }, i)))
  const critical = told.filter(({ rule }) => rule.level === 'critical')
  expect(critical.map(({ count }) => count)).toEqual([1, 10, 100])
  const [first] = critical
  const last = critical.at(-1)!
  expect(last.records).toHaveLength(recordsMax)
  expect(last.records[0]).toEqual(first!.records[0])
  expect(last.words).toMatch(/^100 times in an hour let in/)
})

test('from a snapshot on it tells the same, whatever the policy was restored into', () => {
  const events = Array.from({ length: 60 }, (_, i) =>
    event(
      {
        ...{ ...exported, [ATTR.AUDIT_ACTOR_ID]: `p1.${i % 3}`, [ATTR.AUDIT_RESPONSE_ROWS]: 200n },
        [ATTR.HTTP_RESPONSE_BODY_SIZE]: 300n,
      },
      i * 100_000,
    ),
  )
  const whole = policyDetector(policy)
  const all = events.map((one) => whole.take(one))
  for (const cut of [1, 17, 59]) {
    const before = policyDetector(policy)
    const told = events.slice(0, cut).map((one) => before.take(one))
    const after = policyDetector(policy)
    after.restore(JSON.parse(JSON.stringify(before.snapshot())) as JsonValue)
    told.push(...events.slice(cut).map((one) => after.take(one)))
    expect(told).toEqual(all)
    expect(after.snapshot()).toEqual(whole.snapshot())
  }
})

test('windows beyond the limit are let go, the longest untouched first', () => {
  const windows = createWindows(4)
  const seen = { atMs: 0, bytes: 0, rows: 0, id: 'x', index: null }
  const counts = ['a', 'b', 'a', 'c', 'b', 'a'].map((key) => windows.count(key, seen).count)
  expect(counts).toEqual([1, 1, 2, 1, 1, 3])
  expect([windows.size(), windows.evicted()]).toEqual([2, 2])
})

test('a snapshot from before rows were counted goes on with none', () => {
  const row = ['a', 0, 3, 700, [['x', 1]], ['count']]
  const windows = createWindows()
  windows.restore({ evicted: 2, windows: [row] } as JsonValue)
  const seen = { atMs: 5, bytes: 1, rows: 40, id: 'y', index: 2 }
  expect(windows.count('a', seen)).toMatchObject({
    count: 4,
    bytes: 701,
    rows: 40,
    told: ['count'],
  })
  expect(windows.evicted()).toBe(2)
})

test('every rule has its own id, and a hash that is of the policy', () => {
  const [one, other] = [policy, policyOf({ ...document, level: 'full' }, sha256)].map(
    (of) => policyDetector(of).rules,
  )
  const ids = new Set(one!.map(({ id }) => id))
  expect(ids.size).toBe(one!.length)
  expect(new Set(other!.map(({ id }) => id))).toEqual(ids)
  const hashes = new Set([...one!, ...other!].map(({ hash }) => hash))
  expect(hashes.size).toBe(2 * ids.size)
  for (const { id } of one!) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('what was spooled for hours is counted by its own time', () => {
  const windows = createWindows()
  const count = (atMs: number) =>
    windows.count('ada', { id: 'x', index: 0, bytes: 0, rows: 0, atMs }).count
  const late = [0, 1, 2, 3].map((hours) => hours * windowMs)
  expect(count(10 * windowMs)).toBe(1)
  expect(late.map(count)).toEqual([1, 1, 1, 1])
  expect(late.map((atMs) => count(atMs + 1))).toEqual([2, 2, 2, 2])
  expect([10 * windowMs - 1, 10 * windowMs + 1].map(count)).toEqual([2, 3])
})
