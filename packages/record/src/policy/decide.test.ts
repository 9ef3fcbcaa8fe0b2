import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { ATTR, attributeDefinitions } from '../names.ts'
import { guaranteeFor, hasBlocking, policyOf } from '../policy.ts'
import type { AttributeValue, JsonValue } from '../span.ts'
import { createDecide, createPrivilegedKind } from './decide.ts'
import type { Policy } from './document.ts'
import { applyLevel, minimalAttributes } from './levels.ts'
import { type ActionView, viewOf } from './view.ts'

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const policyWith = (members: object): Policy =>
  policyOf({ format: 'grantlog-policy-v2', ...members } as JsonValue, sha256)

const action: ActionView = {
  action: 'oauth.resource_access',
  outcome: 'success',
  reason: '',
  isPrivileged: false,
  roles: ['support', 'user'],
  client: 'desk',
  subject: 'p1.Zk3vQ0c8N1bqYw5uXJt2eg',
  granted: ['orders:read'],
  requested: [],
  method: 'GET',
  route: '/orders/:id',
  isOfPath: false,
}

describe('a rule fits by', () => {
  test.each<[string, object, boolean]>([
    ['a role', { roles: ['support'] }, true],
    ['another role', { roles: ['admin'] }, false],
    ['one of its roles', { roles: ['admin', 'user'] }, true],
    ['a beginning of a role', { roles: ['sup*'] }, true],
    ['a client', { clients: ['desk'] }, true],
    ['another client', { clients: ['des'] }, false],
    ['a subject', { subjects: ['p1.Zk3vQ0c8N1bqYw5uXJt2eg'] }, true],
    ['another subject', { subjects: ['p1.Zk3vQ0c8N1bqYw5uXJt2eQ'] }, false],
    ['a scope', { scopes: ['orders:*'] }, true],
    ['another scope', { scopes: ['orders:write'] }, false],
    ['an action', { actions: ['oauth.resource_access'] }, true],
    ['a family of actions', { actions: ['oauth.*'] }, true],
    ['another action', { actions: ['oauth.token'] }, false],
    ['a method', { methods: ['GET'] }, true],
    ['another method', { methods: ['POST'] }, false],
    ['a route', { routes: ['/orders/:order'] }, true],
    ['another route', { routes: ['/orders'] }, false],
    ['all that it says', { roles: ['support'], methods: ['GET'], routes: ['/*'] }, true],
    ['all but one', { roles: ['support'], methods: ['POST'] }, false],
    ['nothing: it is about everything', {}, true],
  ])('%s', (_what, rule, fits) => {
    const decide = createDecide(policyWith({ audit: [{ ...rule, level: 'full' }] }))
    expect(decide(action)).toEqual({
      rule: fits ? 0 : null,
      level: fits ? 'full' : 'standard',
      personal: 'keep',
    })
  })

  test('scopes that were asked for, where none were granted', () => {
    const decide = createDecide(policyWith({ audit: [{ scopes: ['a'], level: 'full' }] }))
    const asked = { ...action, granted: [], requested: ['a'] }
    expect([decide(asked).level, decide({ ...asked, granted: ['b'] }).level]).toEqual([
      'full',
      'standard',
    ])
  })

  test('no route where none is known', () => {
    const decide = createDecide(policyWith({ audit: [{ routes: ['/*'], level: 'full' }] }))
    expect(decide({ ...action, route: null }).rule).toBeNull()
  })
})

test('the first that fits counts, with what it says; the policy says the rest', () => {
  const decide = createDecide(
    policyWith({
      level: 'full',
      personal: 'pseudonym',
      audit: [
        { roles: ['admin'], level: 'full' },
        { roles: ['user'], personal: 'keep' },
        { clients: ['desk'], level: 'minimal' },
      ],
    }),
  )
  expect(decide(action)).toEqual({ rule: 1, level: 'full', personal: 'keep' })
  expect(decide({ ...action, roles: [] })).toEqual({
    rule: 2,
    level: 'minimal',
    personal: 'pseudonym',
  })
  expect(decide({ ...action, roles: [], client: '' })).toEqual({
    rule: null,
    level: 'full',
    personal: 'pseudonym',
  })
})

test.each(['denied', 'failure', 'challenge', ''])('no rule lowers what ended as %j', (outcome) => {
  const decide = createDecide(policyWith({ level: 'minimal', audit: [{ level: 'minimal' }] }))
  expect(decide({ ...action, outcome }).level).toBe('standard')
  expect(decide(action).level).toBe('minimal')
})

test('no rule lowers a success of which the record says what was wrong', () => {
  const decide = createDecide(policyWith({ level: 'minimal' }))
  expect(decide({ ...action, reason: 'token_not_validated' }).level).toBe('standard')
  expect(decide({ ...action, reason: 'role_insufficient' }).level).toBe('standard')
})

describe('no rule lowers what is privileged', () => {
  const members = {
    level: 'minimal',
    audit: [{ level: 'minimal', personal: 'pseudonym' }],
    routes: [{ methods: ['GET'], route: '/export', privileged: 'export' }],
    privileged: { consent: { actions: ['oauth.consent'] } },
  }

  test.each<[string, Partial<ActionView>, string]>([
    ['as its route says', { route: '/export' }, 'standard'],
    ['as its action says', { action: 'oauth.consent' }, 'standard'],
    ['as the record says', { isPrivileged: true }, 'standard'],
    ['not the same route by another method', { route: '/export', method: 'POST' }, 'minimal'],
    ['nor anything else', {}, 'minimal'],
  ])('%s', (_by, seen, level) => {
    const decide = createDecide(policyWith(members))
    expect(decide({ ...action, ...seen })).toEqual({ rule: 0, level, personal: 'pseudonym' })
  })

  test('nor is it lowered from full', () => {
    const decide = createDecide(policyWith({ ...members, audit: [{ level: 'full' }] }))
    expect(decide({ ...action, route: '/export' }).level).toBe('full')
  })
})

describe('what is recorded', () => {
  /** A record with every attribute that there is. */
  const everything = (): Map<string, AttributeValue> =>
    new Map([...attributeDefinitions.keys()].map((name) => [name, 'x']))
  const left = (
    level: 'minimal' | 'standard' | 'full',
    personal: 'keep' | 'pseudonym',
  ): string[] => {
    const attributes = everything()
    applyLevel(attributes, { level, personal })
    return [...attributes.keys()]
  }

  test('at minimal: the list, of which all are attributes, and nothing of the network', () => {
    const names = left('minimal', 'keep')
    expect(new Set(names)).toEqual(minimalAttributes)
    const slots = new Set(names.map((name) => attributeDefinitions.get(name)?.slot))
    expect(slots).toEqual(new Set([null, 'pseudonym', 'request', 'user']))
    expect(names).not.toContain(ATTR.USER_ID)
    expect(names).not.toContain(ATTR.CLIENT_ADDRESS)
  })

  test('at minimal: what links an exchanged token, and what is a finding by itself', () => {
    expect(left('minimal', 'pseudonym')).toEqual(
      expect.arrayContaining([
        ...[ATTR.OAUTH_REFRESH_GRACE_REPLAY, ATTR.OAUTH_REFRESH_REUSE_DETECTED],
        ...[ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_HASH, ATTR.OAUTH_TOKEN_ACTIVE],
        ...[ATTR.OAUTH_TOKEN_EXCHANGE_ACTOR_TOKEN_HASH, ATTR.OAUTH_CONSENT_RESULT],
      ]),
    )
  })

  test('as pseudonyms: nobody is named, and the policy can be asked again', () => {
    const names = left('full', 'pseudonym')
    const personal = names.filter((name) => {
      const slot = attributeDefinitions.get(name)?.slot ?? null
      return slot !== null && slot !== 'pseudonym'
    })
    expect(personal.sort()).toEqual([ATTR.URL_TEMPLATE, ATTR.USER_ROLES].sort())
  })

  test('else: everything', () => {
    expect(left('standard', 'keep')).toEqual([...everything().keys()])
    expect(left('full', 'keep')).toEqual([...everything().keys()])
  })

  test.each(['minimal', 'standard', 'full'] as const)(
    'a policy decides the same of it: %s',
    (level) => {
      const attributes = new Map<string, AttributeValue>([
        [ATTR.AUDIT_ACTION, 'oauth.resource_access'],
        [ATTR.AUDIT_OUTCOME, 'success'],
        [ATTR.USER_ROLES, 'support user'],
        [ATTR.OAUTH_CLIENT_ID, 'desk'],
        [ATTR.USER_HASH, 'p1.Zk3vQ0c8N1bqYw5uXJt2eg'],
        [ATTR.OAUTH_SCOPE_GRANTED, 'orders:read'],
        [ATTR.HTTP_REQUEST_METHOD, 'GET'],
        [ATTR.URL_TEMPLATE, '/orders/:id'],
      ])
      applyLevel(attributes, { level, personal: 'pseudonym' })
      expect(viewOf(attributes)).toEqual({ ...action, isOfPath: true })
    },
  )
})

test('a guarantee of an audit rule counts where the route has none', () => {
  const policy = policyWith({
    routes: [{ route: '/token', guarantee: 'spooled' }, { route: '/orders/:id' }],
    audit: [
      { routes: ['/orders/*'], methods: ['POST', 'GET'], guarantee: 'blocking' },
      { routes: ['/*'], guarantee: 'spooled' },
    ],
  })
  const of = (method: string, path: string): string => guaranteeFor(policy, method, path)
  expect([of('GET', '/orders/7'), of('PUT', '/orders/7'), of('POST', '/token')]).toEqual([
    'blocking',
    'spooled',
    'spooled',
  ])
  expect([of('HEAD', '/ORDERS/7'), of('GET', '/')]).toEqual(['blocking', 'buffered'])
  expect(hasBlocking(policy)).toBe(true)
})

test('a kind of privileged action by what is done', () => {
  const kindOf = createPrivilegedKind(
    policyWith({ privileged: { consent: { actions: ['oauth.consent'] }, export: {} } }),
  )
  expect([kindOf('oauth.consent'), kindOf('oauth.token')]).toEqual(['consent', null])
})
