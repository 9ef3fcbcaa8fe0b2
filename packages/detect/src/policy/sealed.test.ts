// Guarantee: records are held against the policies that were sealed, each in its time; and from a
// snapshot on the same is told.
import { expect, test } from '@jest/globals'
import { sha256 } from '@grantlog/ledger'
import {
  ATTR,
  type AttributeValue,
  builtInPolicy,
  jcs,
  type JsonValue,
  policyOf,
} from '@grantlog/record'
import { type AuditEvent, ledgerPolicyAction } from '../event.ts'
import { followedWithinMs, policiesMax } from './limits.ts'
import { sealedPolicyDetector } from './sealed.ts'

const restricted = (...roles: string[]): JsonValue => ({
  format: 'grantlog-policy-v2',
  routes: [{ route: '/export', roles }],
})
const [forAll, forAdmins] = [restricted('user', 'admin'), restricted('admin')] as const
const hashOf = (document: JsonValue): string => policyOf(document, sha256).hash

let made = 0
function eventWith(attributes: Record<string, AttributeValue>, atMs: number): AuditEvent {
  const index = made++
  return {
    id: `id-${index}`,
    index,
    atMs,
    receivedMs: atMs,
    attributes: new Map(Object.entries(attributes)),
  }
}
const sealing = (document: JsonValue, atMs: number): AuditEvent =>
  eventWith(
    {
      [ATTR.AUDIT_ACTION]: ledgerPolicyAction,
      [ATTR.AUDIT_POLICY_HASH]: hashOf(document),
      'ledger.policy.document': jcs(document),
    },
    atMs,
  )
const request = (hash: string, atMs: number): AuditEvent =>
  eventWith(
    {
      [ATTR.AUDIT_ACTION]: 'oauth.resource_access',
      [ATTR.AUDIT_OUTCOME]: 'success',
      [ATTR.AUDIT_ACTOR_TYPE]: 'user',
      [ATTR.AUDIT_ACTOR_ID]: `p1.${made}`,
      [ATTR.AUDIT_POLICY_HASH]: hash,
      [ATTR.OAUTH_ROLE]: 'resource_server',
      [ATTR.USER_ROLES]: 'user',
      [ATTR.HTTP_REQUEST_METHOD]: 'GET',
      [ATTR.HTTP_ROUTE]: '/export',
    },
    atMs,
  )
const levelsOf = (found: ReturnType<ReturnType<typeof sealedPolicyDetector>['take']>): string[] =>
  found.map(({ rule }) => rule.level)

test('without a policy nothing is found', () => {
  expect(sealedPolicyDetector().take(request('any', 0))).toEqual([])
})

test('a record is held against its own policy while services follow, then the newest', () => {
  const detector = sealedPolicyDetector()
  const take = (event: AuditEvent): string[] => levelsOf(detector.take(event))
  take(sealing(forAll, 0))
  expect(take(request(hashOf(forAll), 10))).toEqual([])
  take(sealing(forAdmins, 1_000))
  expect(take(request(hashOf(forAll), 1_000 + followedWithinMs - 1))).toEqual([])
  expect(take(request(hashOf(forAll), 1_000 + followedWithinMs))).toEqual(['critical'])
  expect(take(request(hashOf(forAdmins), 1_001))).toEqual(['critical'])
})

test('a record is held against the policy that it began under, however long it took', () => {
  const detector = sealedPolicyDetector()
  detector.take(sealing(forAll, 0))
  detector.take(sealing(forAdmins, 1_000))
  const endMs = 1_000 + 2 * followedWithinMs
  const take = (tookMs: number): string[] => {
    const { attributes, ...event } = request(hashOf(forAll), endMs)
    const took = new Map(attributes).set('event.duration_ms', BigInt(tookMs))
    return levelsOf(detector.take({ ...event, attributes: took }))
  }
  expect(take(followedWithinMs + 1)).toEqual([])
  expect(take(followedWithinMs)).toEqual(['critical'])
})

test('under a policy that was never sealed it is told, but not of the built-in one', () => {
  const detector = sealedPolicyDetector()
  detector.take(sealing(forAll, 0))
  expect(levelsOf(detector.take(request('another', 1)))).toEqual(['informational'])
  expect(levelsOf(detector.take(request(builtInPolicy(sha256).hash, 1)))).toEqual([])
})

test('a policy that is sealed later was not known before', () => {
  const detector = sealedPolicyDetector()
  const early = request(hashOf(forAdmins), 1)
  detector.take(sealing(forAll, 0))
  detector.take(sealing(forAdmins, 2))
  expect(levelsOf(detector.take(early))).toContain('informational')
})

test('from a snapshot on it tells the same', () => {
  const policies = Array.from({ length: policiesMax + 3 }, (_, i) => restricted(`r${i}`, 'user'))
  const events = policies.flatMap((policy, i) => [
    sealing(policy, i * 1_000_000),
    request(hashOf(policy), i * 1_000_000 + 1),
    request(hashOf(policies[Math.max(0, i - 1)]!), i * 1_000_000 + 2),
    request('another', i * 1_000_000 + 3),
  ])
  events.push(sealing(forAdmins, 99_000_000), request(hashOf(policies[0]!), 99_900_000))
  const whole = sealedPolicyDetector()
  const all = events.map((event) => whole.take(event))
  expect(levelsOf(all.at(-1)!)).toEqual(['critical'])
  for (const cut of [1, 6, events.length - 1]) {
    const before = sealedPolicyDetector()
    const told = events.slice(0, cut).map((event) => before.take(event))
    const after = sealedPolicyDetector()
    after.restore(JSON.parse(JSON.stringify(before.snapshot())) as JsonValue)
    told.push(...events.slice(cut).map((event) => after.take(event)))
    expect(told).toEqual(all)
    expect(after.snapshot()).toEqual(whole.snapshot())
  }
})

test('its rules are the same under every policy, and say so', () => {
  const detector = sealedPolicyDetector()
  const before = detector.rules
  detector.take(sealing(forAdmins, 0))
  const [found] = detector.take(request(hashOf(forAdmins), 1))
  expect(detector.rules).toEqual(before)
  const rule = before.find(({ id }) => id === found!.rule.id)
  expect({ ...rule, hash: '' }).toEqual({ ...found!.rule, hash: '' })
  expect(rule!.hash).not.toBe(found!.rule.hash)
})
