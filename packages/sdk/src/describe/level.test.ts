import { describe, expect, test } from '@jest/globals'
import { ATTR, type AttributeValue, type JsonValue, type Policy, policyOf } from '@grantlog/record'
import type { Facts, ServerFacts, WithheldFacts } from '../facts.ts'
import { sha256 } from '../sha256.ts'
import { describeLevel } from './level.ts'

const policyWith = (members: object): Policy =>
  policyOf({ format: 'grantlog-policy-v2', ...members } as JsonValue, sha256)

const other: WithheldFacts = {
  kind: 'withheld',
  action: 'audit.response.withheld',
  status: null,
  cause: 'x',
}
const recorded: readonly (readonly [string, AttributeValue])[] = [
  [ATTR.AUDIT_ACTION, 'oauth.resource_access'],
  [ATTR.AUDIT_OUTCOME, 'success'],
  [ATTR.USER_ID, 'ada'],
  [ATTR.USER_HASH, 'p1.Zk3vQ0c8N1bqYw5uXJt2eg'],
  [ATTR.USER_ROLES, 'support'],
  [ATTR.HTTP_ROUTE, '/orders/:id'],
  [ATTR.CLIENT_ADDRESS, '203.0.113.7'],
  [ATTR.OAUTH_TOKEN_ALG, 'EdDSA'],
]

/** The attributes that are left. */
function level(
  policy: Policy,
  { facts = other, ...more }: { facts?: Facts } & Record<string, unknown> = {},
): Record<string, AttributeValue> {
  const attributes = new Map([...recorded, ...Object.entries(more as Record<string, string>)])
  const action = String(attributes.get(ATTR.AUDIT_ACTION))
  describeLevel({ action, kind: 'server', failed: false, message: '', attributes }, facts, policy)
  return Object.fromEntries(attributes)
}
const all = Object.fromEntries(recorded)

test('a policy that says nothing of levels changes nothing', () => {
  expect(level(policyWith({}))).toEqual(all)
  expect(level(policyOf({ format: 'grantlog-policy-v1' }, sha256))).toEqual(all)
})

test('minimal is who, what and how it ended; the record says so', () => {
  const policy = policyWith({ audit: [{ roles: ['support'], level: 'minimal' }] })
  expect(level(policy)).toEqual({
    [ATTR.AUDIT_ACTION]: 'oauth.resource_access',
    [ATTR.AUDIT_OUTCOME]: 'success',
    [ATTR.AUDIT_LEVEL]: 'minimal',
    [ATTR.USER_HASH]: 'p1.Zk3vQ0c8N1bqYw5uXJt2eg',
    [ATTR.USER_ROLES]: 'support',
    [ATTR.HTTP_ROUTE]: '/orders/:id',
  })
  const standard = { ...all, [ATTR.USER_ROLES]: 'user', [ATTR.AUDIT_LEVEL]: 'standard' }
  expect(level(policy, { [ATTR.USER_ROLES]: 'user' })).toEqual(standard)
})

test.each(['denied', 'failure', 'challenge'])('%s is never minimal', (outcome) => {
  const policy = policyWith({ level: 'minimal' })
  expect(level(policy, { [ATTR.AUDIT_OUTCOME]: outcome })).toEqual({
    ...all,
    [ATTR.AUDIT_OUTCOME]: outcome,
    [ATTR.AUDIT_LEVEL]: 'standard',
  })
})

test.each<[string, object, Record<string, unknown>]>([
  ['its route', {}, { [ATTR.AUDIT_PRIVILEGED]: 'export' }],
  ['what it is', { privileged: { export: { actions: ['oauth.resource_access'] } } }, {}],
])('what is privileged by %s is never minimal', (_by, members, more) => {
  const policy = policyWith({ level: 'minimal', ...members })
  expect(level(policy, more)).toEqual({
    ...all,
    [ATTR.AUDIT_PRIVILEGED]: 'export',
    [ATTR.AUDIT_LEVEL]: 'standard',
  })
})

test('as pseudonyms it names nobody, whatever came of it', () => {
  const told = level(policyWith({ personal: 'pseudonym' }), { [ATTR.AUDIT_OUTCOME]: 'denied' })
  expect(told).not.toHaveProperty([ATTR.USER_ID])
  expect(told).not.toHaveProperty([ATTR.CLIENT_ADDRESS])
  expect(told).toHaveProperty([ATTR.USER_HASH])
  expect(told).toHaveProperty([ATTR.OAUTH_TOKEN_ALG])
})

test('a change of the policy counts from the next record on', () => {
  const [one, two] = [policyWith({ level: 'minimal' }), policyWith({ level: 'full' })]
  const levels = [one, two, one].map((policy) => level(policy)[ATTR.AUDIT_LEVEL])
  expect(levels).toEqual(['minimal', 'full', 'minimal'])
})

test('what an action makes privileged is told, unless its route says another kind', () => {
  const policy = policyWith({ privileged: { consent: { actions: ['oauth.*'] } } })
  expect(level(policy)[ATTR.AUDIT_PRIVILEGED]).toBe('consent')
  expect(level(policy, { [ATTR.AUDIT_PRIVILEGED]: 'export' })[ATTR.AUDIT_PRIVILEGED]).toBe('export')
})

describe('full adds the whole redirect URI of a client, without what it may carry', () => {
  const asked = (redirectUri: string | null, isRedirectUri = true): AttributeValue | undefined => {
    const facts = { kind: 'server', known: { isRedirectUri }, parameters: { redirectUri } }
    const told = level(policyWith({ level: 'full' }), { facts: facts as unknown as ServerFacts })
    return told[ATTR.OAUTH_REDIRECT_URI_FULL]
  }

  test.each<[string | null, string | undefined]>([
    ['https://app.example/cb', 'https://app.example/cb'],
    [
      'https://app.example:8443/cb?tenant=one&x#f',
      'https://app.example:8443/cb?tenant=REDACTED&REDACTED',
    ],
    ['https://u:secret@app.example/cb', 'https://app.example/cb'],
    ['com.example.app:/cb', 'com.example.app:/cb'],
    ['no uri', undefined],
    [null, undefined],
  ])('%s', (uri, shown) => expect(asked(uri)).toBe(shown))

  test('and nothing of one that is no client’s: somebody typed it', () => {
    expect(asked('https://app.example/cb', false)).toBeUndefined()
  })

  test('at standard it is not there', () => {
    const facts = { kind: 'server', known: { isRedirectUri: true } } as unknown as ServerFacts
    expect(level(policyWith({ audit: [{ level: 'standard' }] }), { facts })).toEqual({
      ...all,
      [ATTR.AUDIT_LEVEL]: 'standard',
    })
  })
})
