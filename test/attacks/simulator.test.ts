// The simulated traffic: the same seed gives the same, in order of the log, each attack labelled;
// and its records have the attributes that real ones have.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import type { LabelledEvent } from './label.ts'
import { kindOf, type Profile, setOf } from './profile.ts'
import { rows } from './rows.ts'
import { reportingSeeds, tuningSeeds } from './seeds.ts'
import { attacks } from './simulator/attacks/attacks.ts'
import { simulate } from './simulator/simulate.ts'

const small = { days: 8, people: 60, visitsPerDay: 30, attacksOfEachKind: 1 }
const seed = tuningSeeds[0]!
const kept = JSON.parse(
  readFileSync(join(import.meta.dirname, 'kept-profile.json'), 'utf8'),
) as Profile

/**
 * The demo's server has no device flow, and no Keycloak stands beside it; its API breaks never, and
 * knows no order that is somebody else's.
 */
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const unseen = [
  'authorization_server oauth.device_authorization success',
  'authorization_server oauth.device_verification success',
  'authorization_server oauth.token challenge refresh_token dpop_invalid public',
  `authorization_server oauth.token challenge ${deviceGrant} authorization_pending public`,
  `authorization_server oauth.token success ${deviceGrant} public`,
  'observer keycloak.admin.create_realm_role_mapping success',
  'observer keycloak.admin.create_realm_scope_mapping success',
  'observer keycloak.admin.update_user success',
  'observer oauth.register success',
  'resource_server oauth.resource_access denied access_denied',
  'resource_server oauth.resource_access failure internal',
]

const bound = '+oauth.dpop.result +oauth.token.cnf.jkt'
const again = '+oauth.refresh.grace_replay'
/** The demo binds no token to a key, and no library that is hooked tells of a grace period. */
const unlike = [
  `authorization_server oauth.token success authorization_code public: ${bound}`,
  `authorization_server oauth.token success refresh_token confidential: ${again}`,
  `authorization_server oauth.token success refresh_token public: ${bound}`,
  'resource_server oauth.resource_access failure token_expired: +oauth.token.binding',
  'resource_server oauth.resource_access success: -oauth.posture',
]

let events: readonly LabelledEvent[]
beforeAll(() => void (events = [...simulate({ seed, ...small })]))

test('the same seed gives the same traffic, another seed another', () => {
  const told = (some: Iterable<LabelledEvent>): string[] =>
    Array.from(some, ({ attack, event }) =>
      [event.id, event.atMs, event.receivedMs, attack?.id, ...event.attributes].join(),
    )
  const first = told(events)
  expect(told(simulate({ seed, ...small }))).toEqual(first)
  expect(told(simulate({ seed: seed + 1, ...small }))).not.toEqual(first)
})

test('events come in order of the log, each with its own id', () => {
  expect(events.map(({ event }) => event.index)).toEqual(events.map((_, at) => at))
  const received = events.map(({ event }) => event.receivedMs)
  expect(received).toEqual(received.toSorted((a, b) => a - b))
  expect(new Set(events.map(({ event }) => event.id)).size).toBe(events.length)
})

test('every kind of attack is there, under its row', () => {
  const made = new Map(
    events.flatMap(({ attack }) => (attack === null ? [] : [[attack.id, attack]])),
  )
  const rowsMade = [...made.values()].map(({ row }) => row).toSorted((a, b) => a - b)
  expect(rowsMade).toEqual(attacks.map(({ row }) => row).toSorted((a, b) => a - b))
  expect(rowsMade.filter((row) => !rows.has(row))).toEqual([])
})

test('what looks like an attack and is none is there: grace, bound tokens, new programs', () => {
  const harmless = events.filter(({ attack }) => attack === null)
  const withValue = (name: string, value: unknown): number =>
    harmless.filter(({ event }) => event.attributes.get(name) === value).length
  expect(withValue(ATTR.OAUTH_REFRESH_GRACE_REPLAY, true)).toBeGreaterThan(0)
  expect(withValue(ATTR.OAUTH_DPOP_RESULT, 'nonce_required')).toBeGreaterThan(0)
  expect(withValue(ATTR.OAUTH_TOKEN_BINDING, 'dpop')).toBeGreaterThan(500)
  const programs = new Map<unknown, Set<unknown>>()
  for (const { event } of harmless) {
    const { attributes } = event
    if (attributes.get(ATTR.OAUTH_CLIENT_ID) !== 'phone') continue
    const user = attributes.get(ATTR.USER_HASH)
    programs.set(
      user,
      (programs.get(user) ?? new Set()).add(attributes.get(ATTR.USER_AGENT_ORIGINAL)),
    )
  }
  expect([...programs.values()].filter(({ size }) => size > 1).length).toBeGreaterThan(1)
})

test('no seed that is reported was tuned on', () => {
  expect(reportingSeeds.filter((one) => tuningSeeds.includes(one))).toEqual([])
})

describe('held against records of real servers', () => {
  test('records of a kind have the attributes that real ones of it have', () => {
    const strange = new Set<string>()
    for (const { event } of events) {
      const real = kept[kindOf(event)]
      const own = setOf(event)
      if (real === undefined || real.includes(own)) continue
      strange.add(`${kindOf(event)}: ${differences(own, real[0] ?? '')}`)
    }
    expect([...strange].toSorted()).toEqual(unlike)
  })

  test('kinds that no real run showed are these', () => {
    const kinds = new Set(events.map(({ event }) => kindOf(event)))
    expect([...kinds].filter((kind) => kept[kind] === undefined).toSorted()).toEqual(unseen)
  })
})

/** What a set has too much, and what it lacks. */
function differences(own: string, real: string): string {
  const [have, should] = [own.split(' '), real.split(' ')]
  const more = have.filter((name) => !should.includes(name)).map((name) => `+${name}`)
  const less = should.filter((name) => !have.includes(name)).map((name) => `-${name}`)
  return [...more, ...less].join(' ')
}
