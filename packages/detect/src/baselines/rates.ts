// Rows 21, 27 and 30: far more than usual. Each who is looked at has a rate of their own; a user
// without a past is compared with what all users do.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { DURATION_MS, isDone, isOfApi, isOfServer, shortHash, text, whole } from '../reading.ts'
import { type Check, found, type Found, type CodedRule } from '../stateful.ts'
import {
  ACTOR_RATE,
  ACTOR_TIME,
  BULK,
  CROWD_RATE,
  MAX_ENTITIES,
  MIN_BUCKETS,
  MIN_CROWD,
  READS,
  type RateLimits,
  REGISTRATIONS,
} from './limits.ts'
import { added, closedMean, type Rate, timesUsual } from './rate.ts'

export interface Metered {
  /** What the group of a finding says; '' for what is not to be told, such as an address. */
  readonly name: string
  readonly value: string
  readonly amount: number
  readonly limits: RateLimits
  /** What is counted, as in `42× its usual NOUN`. */
  readonly noun: string
  /** What is counted apart from others of the same value. */
  readonly kind: string
  /** Short hash in place of the value where this is personal. */
  readonly key: string
}

/** A check that adds up what `metered` tells of each event. */
export function rates(
  rule: CodedRule,
  metered: (event: AuditEvent) => readonly Metered[],
): () => Check {
  return () => {
    const own = new Entities<Rate>(MAX_ENTITIES)
    const crowd = new Entities<Rate>(16)
    return {
      rules: [rule],
      entities: { own, crowd },
      look: (event) => metered(event).flatMap((one) => lookAt({ own, crowd }, event, one)),
    }
  }
}

interface Rates {
  readonly own: Entities<Rate>
  /** One by kind, of the closed buckets of all: its `mean` is that of a bucket of anybody. */
  readonly crowd: Entities<Rate>
}

function lookAt({ own, crowd }: Rates, event: AuditEvent, one: Metered): Found[] {
  const { atMs } = event
  const key = `${one.kind} ${one.key}`
  const before = own.get(key)
  const rate = added(before, { atMs, amount: one.amount }, one.limits)
  if (before !== undefined && rate.bucket !== before.bucket) learnCrowd(crowd, one, before)
  const times = timesUsual(rate, atMs, one.limits)
  const timesOfAll = times === null ? timesCrowd(crowd.get(one.kind), rate, one) : null
  const isFar = times !== null || timesOfAll !== null
  own.set(key, isFar ? { ...rate, said: rate.bucket } : rate)
  if (!isFar) return []
  const words =
    times === null
      ? `${timesOfAll}× the ${one.noun} that is usual of anybody`
      : `${times}× its usual ${one.noun}`
  return [
    found({
      ...{ rule: 0, before: [], count: 1, words },
      group: one.name === '' ? [] : [[one.name, one.value]],
    }),
  ]
}

function learnCrowd(crowd: Entities<Rate>, { kind, limits }: Metered, before: Rate): void {
  if (limits.crowdFactor === null) return
  const known = crowd.get(kind) ?? { ...before, closed: 0, mean: 0 }
  const mean = closedMean({ ...known, sum: before.sum })
  crowd.set(kind, { ...known, mean, closed: known.closed + 1 })
}

/** Of one that has no past of its own yet. */
function timesCrowd(
  all: Rate | undefined,
  rate: Rate,
  { limits: { crowdFactor, floor } }: Metered,
): number | null {
  const isKnown = all !== undefined && all.closed >= MIN_CROWD && crowdFactor !== null
  if (!isKnown || rate.closed >= MIN_BUCKETS || rate.sum < floor || rate.said === rate.bucket)
    return null
  const times = rate.sum / Math.max(all.mean, 1)
  return times >= crowdFactor ? Math.round(times) : null
}

const bulkRule: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2027',
  row: 27,
  title: 'Far more data than usual',
  description: 'A user or a client got far more bytes within an hour than they usually do.',
  level: 'high',
  attack: ['T1114', 'T1213'],
  references: ['RFC 9700 4.10', 'OWASP API Security 2023 API4'],
  needs: [ATTR.HTTP_RESPONSE_BODY_SIZE, ATTR.AUDIT_ACTOR_ID],
  falsePositives: ['A yearly report, or a backup that somebody makes by hand.'],
}

/** Row 27. */
export const bulkData: () => Check = rates(bulkRule, (event) => {
  if (!isOfApi(event) || !isDone(event, 'oauth.resource_access')) return []
  const amount = whole(event, ATTR.HTTP_RESPONSE_BODY_SIZE) ?? 0
  const isRead = text(event, ATTR.HTTP_REQUEST_METHOD) === 'GET'
  return actorOf(event).flatMap((actor) => [
    { ...actor, amount, limits: limitsOf(actor.kind, BULK), noun: 'volume in an hour' },
    {
      ...{ ...actor, kind: `${actor.kind} reads`, amount: isRead ? 1 : 0 },
      ...{ limits: limitsOf(actor.kind, READS), noun: 'number of reads in an hour' },
    },
  ])
})

const exhaustionRule: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2030',
  row: 30,
  title: 'Far more requests, or work, than usual',
  description:
    'An actor, a client or a route had far more requests within ten minutes than ' +
    'usual, or kept an API busy for far longer.',
  level: 'high',
  attack: ['T1499.003'],
  references: ['OWASP API Security 2023 API4', 'RFC 9700 4.10'],
  needs: [ATTR.AUDIT_ACTOR_ID, ATTR.HTTP_ROUTE, DURATION_MS],
  falsePositives: ['A load test, or a job that runs again from its beginning.'],
}

/** Row 30. */
export const exhaustion: () => Check = rates(exhaustionRule, (event) => {
  if (!isOfApi(event) || text(event, ATTR.AUDIT_ACTION) !== 'oauth.resource_access') return []
  const tookMs = whole(event, DURATION_MS) ?? 0
  const client = text(event, ATTR.OAUTH_CLIENT_ID)
  const route = `${text(event, ATTR.AUDIT_PRODUCER_SERVICE)} ${text(event, ATTR.HTTP_ROUTE)}`
  const crowded = { amount: 1, limits: CROWD_RATE, noun: 'number of requests in ten minutes' }
  const all: Metered[] = actorOf(event).flatMap((actor) => [
    {
      ...{ ...actor, amount: 1, limits: limitsOf(actor.kind, ACTOR_RATE) },
      noun: 'number of requests in ten minutes',
    },
    {
      ...{ ...actor, kind: `${actor.kind} time`, amount: tookMs },
      ...{ limits: limitsOf(actor.kind, ACTOR_TIME), noun: 'time of work in ten minutes' },
    },
  ])
  if (client !== '') {
    all.push({
      ...crowded,
      kind: 'client all',
      key: client,
      name: 'oauth.client.id',
      value: client,
    })
  }
  if (text(event, ATTR.HTTP_ROUTE) !== '') {
    const value = text(event, ATTR.HTTP_ROUTE)
    all.push({ ...crowded, kind: 'route', key: route, name: 'http.route', value })
  }
  return all
})

const registrationRule: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2021',
  row: 21,
  title: 'Many clients registered at once',
  description: 'Far more clients than usual registered within an hour, from one address or in all.',
  level: 'medium',
  attack: ['T1136.003'],
  references: ['RFC 7591 5', 'OWASP ASVS 5.0 10.4.7'],
  needs: ['records of oauth.register', ATTR.CLIENT_ADDRESS],
  falsePositives: ['A program that registers a client per user, on the day when it is rolled out.'],
}

/** Row 21. An address without a past has none that is usual: the number alone decides then. */
export const massRegistration: () => Check = () => {
  const checked = rates(registrationRule, (event) => {
    if (!isRegistration(event)) return []
    const one = { amount: 1, limits: REGISTRATIONS, noun: 'number of registrations in an hour' }
    return [{ ...one, kind: 'all', key: '', name: '', value: '' }]
  })()
  const addresses = new Entities<Rate>(MAX_ENTITIES)
  return {
    ...checked,
    entities: { ...checked.entities, addresses },
    look: (event) => [...checked.look(event), ...ofAddress(addresses, event)],
  }
}

function isRegistration(event: AuditEvent): boolean {
  const method = text(event, ATTR.HTTP_REQUEST_METHOD)
  return (
    isOfServer(event) && isDone(event, 'oauth.register') && (method === 'POST' || method === '')
  )
}

function ofAddress(addresses: Entities<Rate>, event: AuditEvent): Found[] {
  const address = text(event, ATTR.CLIENT_ADDRESS)
  if (address === '' || !isRegistration(event)) return []
  const key = shortHash('registration', address)
  const rate = added(addresses.get(key), { atMs: event.atMs, amount: 1 }, REGISTRATIONS)
  const isFar = rate.sum >= REGISTRATIONS.floor && rate.said !== rate.bucket
  const isUsual = rate.closed > 0 && rate.sum < REGISTRATIONS.factor * Math.max(rate.mean, 1)
  addresses.set(key, isFar && !isUsual ? { ...rate, said: rate.bucket } : rate)
  if (!isFar || isUsual) return []
  const words = `${rate.sum} clients registered from one address within an hour`
  return [found({ rule: 0, group: [], before: [], count: rate.sum, words })]
}

/** Who acted, by pseudonym: a user's hash, or a client's own id. */
function actorOf(event: AuditEvent): Pick<Metered, 'key' | 'kind' | 'name' | 'value'>[] {
  const value = text(event, ATTR.AUDIT_ACTOR_ID)
  const kind = text(event, ATTR.AUDIT_ACTOR_TYPE)
  if (value === '' || (kind !== 'user' && kind !== 'client')) return []
  return [{ kind, key: value, name: 'audit.actor.id', value }]
}

/** Clients differ more from each other than users do: none is compared with all. */
function limitsOf(kind: string, limits: RateLimits): RateLimits {
  return kind === 'user' ? limits : { ...limits, crowdFactor: null }
}
