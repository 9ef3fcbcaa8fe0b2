// Guarantee: what began before a change of the policy is recorded under the one that it began
// under, in all that its record says; what begins after it under the new one.
import { describe, expect, test } from '@jest/globals'
import { ATTR, type AttributeValue, type JsonValue, type Policy, policyOf } from '@grantlog/record'
import type { AccessFacts, VerifiedClaims } from './facts.ts'
import { policiesBeforeMax } from './limits.ts'
import { createMeasured } from './measured.ts'
import { createPolicyInForce } from './policy-in-force.ts'
import { sha256 } from './sha256.ts'

const policyFor = (role: string, level = 'standard'): Policy =>
  policyOf(
    {
      format: 'grantlog-policy-v2',
      routes: [{ methods: ['GET'], route: '/export', roles: [role] }],
      audit: [{ methods: ['GET'], level }],
    } as JsonValue,
    sha256,
  )
const nano = (ms: number): bigint => BigInt(ms) * 1_000_000n

const claims: VerifiedClaims = {
  ...{ issuer: 'https://login.example.com', subject: 'ada', clientId: 'web', audience: ['api'] },
  ...{ scope: 'openid', roles: ['user'], actors: [], jti: 'jti-1', issuedAtS: 0, expiresAtS: 60 },
  ...{ authTimeS: 0, acr: null, amr: [], sessionId: 'session' },
  ...{ boundKey: null, isBoundToCertificate: false },
}
/** Somebody with the role `user` was let in. */
const facts: AccessFacts = {
  ...{ kind: 'access', action: 'oauth.resource_access', challenge: null, responseBytes: 22 },
  ...{ responseRows: null, isCut: false, endedAtS: 2 },
  http: {
    ...{ method: 'GET', route: '/export', target: '/export', status: 200 },
    ...{ clientAddress: '203.0.113.7', userAgent: null },
  },
  token: { value: 'made-up', type: 'access_token', scheme: 'bearer', location: 'header' },
  validation: {
    ...{ library: 'jose', error: null, format: 'jwt', header: { alg: 'EdDSA', kid: 'k' } },
    claims,
  },
}

describe('a request that runs while the policy changes', () => {
  const [before, after] = [policyFor('user', 'minimal'), policyFor('admin')]
  let nowMs = 0
  const policy = createPolicyInForce(before, () => nowMs)
  const { describe: describeAt } = createMeasured({
    policy,
    tokenKey: null,
    personKey: null,
  })
  const began = (ms: number): ReadonlyMap<string, AttributeValue> =>
    describeAt(facts, null, { startTimeUnixNano: nano(ms), endTimeUnixNano: nano(3_000) })
      .attributes
  nowMs = 2_000
  policy.change(after)

  test('is recorded under the one before: nothing is held against anybody', () => {
    const told = began(1_999)
    expect(told.get(ATTR.AUDIT_POLICY_HASH)).toBe(before.hash)
    expect(told.get(ATTR.AUDIT_LEVEL)).toBe('minimal')
    expect(told.has(ATTR.OAUTH_ERROR_REASON)).toBe(false)
  })

  test('and one that begins then under the new one', () => {
    const told = began(2_001)
    expect(told.get(ATTR.AUDIT_POLICY_HASH)).toBe(after.hash)
    expect(told.get(ATTR.AUDIT_LEVEL)).toBe('standard')
    expect(told.get(ATTR.OAUTH_ERROR_REASON)).toBe('role_insufficient')
  })
})

test('so many before it are kept; what began earlier has the oldest of them', () => {
  let nowMs = 0
  const policies = Array.from({ length: policiesBeforeMax + 2 }, (_, i) => policyFor(`role${i}`))
  const inForce = createPolicyInForce(policies[0]!, () => nowMs)
  for (const policy of policies.slice(1)) {
    nowMs += 1_000
    inForce.change(policy)
  }
  const at = (ms: number): number => policies.indexOf(inForce.at(nano(ms)))
  expect(policies.map((_, i) => at(i * 1_000 + 1))).toEqual([1, 1, 2, 3, 4, 5])
  expect(inForce.now).toBe(policies.at(-1))
})
