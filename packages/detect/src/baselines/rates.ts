// Rows 21, 27 and 30: far more than usual. Each who is looked at has a rate of their own; a user
// without a past is compared with what all users do.
import { ATTR } from '@grantlog/record'
import type { EventBounds } from '../detection.ts'
import { Entities } from '../entities.ts'
import { type AuditEvent, DURATION_MS } from '../event.ts'
import {
  apiRole,
  isDone,
  isOfApi,
  isOfServer,
  serverRoles,
  shortHash,
  text,
  whole,
} from '../reading.ts'
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

/** What is counted, the same of all of whom it is. */
interface Meter {
  /** What is counted apart from others of the same key. */
  readonly kind: string
  /** What the group of a finding names; '' for what is not to be told, such as an address. */
  readonly name: string
  /** What is counted, as in `42× its usual NOUN`. */
  readonly noun: string
  readonly limits: RateLimits
}

/** So much of it, of one. */
interface Metered {
  readonly meter: Meter
  /** Whose it is; a short hash where this is personal. */
  readonly key: string
  /** What a finding says in its place. */
  readonly value: string
  readonly amount: number
}

interface Rated {
  readonly rule: CodedRule
  readonly events: EventBounds
  readonly metered: (event: AuditEvent) => readonly Metered[]
}

/** A check that adds up what `metered` tells of each event. */
function rates({ events, metered, rule }: Rated): () => Check {
  return () => {
    const own = new Entities<Rate>(MAX_ENTITIES)
    const crowd = new Entities<Rate>(16)
    return {
      rules: [rule],
      entities: { own, crowd },
      events,
      look(event) {
        const all: Found[] = []
        for (const one of metered(event)) {
          const far = lookAt({ own, crowd }, event, one)
          if (far !== null) all.push(far)
        }
        return all
      },
    }
  }
}

interface Rates {
  readonly own: Entities<Rate>
  /** One by kind, of the closed buckets of all: its `mean` is that of a bucket of anybody. */
  readonly crowd: Entities<Rate>
}

function lookAt({ own, crowd }: Rates, { atMs }: AuditEvent, one: Metered): Found | null {
  const { kind, limits, name, noun } = one.meter
  const key = `${kind} ${one.key}`
  const before = own.get(key)
  const rate = added(before, { atMs, amount: one.amount }, limits)
  if (before !== undefined && rate.bucket !== before.bucket) learnCrowd(crowd, one.meter, before)
  const times = timesUsual(rate, atMs, limits)
  const timesOfAll = times === null ? timesCrowd(crowd, rate, one.meter) : null
  const isFar = times !== null || timesOfAll !== null
  own.set(key, isFar ? { ...rate, said: rate.bucket } : rate)
  if (!isFar) return null
  const words =
    times === null
      ? `${timesOfAll}× the ${noun} that is usual of anybody`
      : `${times}× its usual ${noun}`
  const group = name === '' ? [] : [[name, one.value] as const]
  return found({ rule: 0, before: [], count: 1, words, group })
}

function learnCrowd(crowd: Entities<Rate>, { kind, limits }: Meter, before: Rate): void {
  if (limits.crowdFactor === null) return
  const known = crowd.get(kind) ?? { ...before, closed: 0, mean: 0 }
  const mean = closedMean({ ...known, sum: before.sum })
  crowd.set(kind, { ...known, mean, closed: known.closed + 1 })
}

/** Of one that has no past of its own yet. */
function timesCrowd(
  crowd: Entities<Rate>,
  rate: Rate,
  { kind, limits: { crowdFactor, floor } }: Meter,
): number | null {
  if (crowdFactor === null || rate.closed >= MIN_BUCKETS) return null
  if (rate.sum < floor || rate.said === rate.bucket) return null
  const all = crowd.get(kind)
  if (all === undefined || all.closed < MIN_CROWD) return null
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

const bulkMeters = byActor('', { limits: BULK, noun: 'volume in an hour' })
const readMeters = byActor(' reads', { limits: READS, noun: 'number of reads in an hour' })

/** Row 27. */
export const bulkData: () => Check = rates({
  rule: bulkRule,
  events: { actions: ['oauth.resource_access'], roles: [apiRole] },
  metered(event) {
    if (!isOfApi(event) || !isDone(event, 'oauth.resource_access')) return []
    const actor = actorOf(event)
    if (actor === null) return []
    const { type, value } = actor
    const bytes = whole(event, ATTR.HTTP_RESPONSE_BODY_SIZE) ?? 0
    const isRead = text(event, ATTR.HTTP_REQUEST_METHOD) === 'GET'
    return [
      { meter: bulkMeters[type], key: value, value, amount: bytes },
      { meter: readMeters[type], key: value, value, amount: isRead ? 1 : 0 },
    ]
  },
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

const requests = 'number of requests in ten minutes'
const requestMeters = byActor('', { limits: ACTOR_RATE, noun: requests })
const timeMeters = byActor(' time', { limits: ACTOR_TIME, noun: 'time of work in ten minutes' })
const crowded = { limits: CROWD_RATE, noun: requests }
const clientMeter: Meter = { ...crowded, kind: 'client all', name: 'oauth.client.id' }
const routeMeter: Meter = { ...crowded, kind: 'route', name: 'http.route' }

/** Row 30. */
export const exhaustion: () => Check = rates({
  rule: exhaustionRule,
  events: { actions: ['oauth.resource_access'], roles: [apiRole] },
  metered(event) {
    if (!isOfApi(event) || text(event, ATTR.AUDIT_ACTION) !== 'oauth.resource_access') return []
    const all: Metered[] = []
    const actor = actorOf(event)
    if (actor !== null) {
      const { type, value } = actor
      const tookMs = whole(event, DURATION_MS) ?? 0
      all.push({ meter: requestMeters[type], key: value, value, amount: 1 })
      all.push({ meter: timeMeters[type], key: value, value, amount: tookMs })
    }
    const client = text(event, ATTR.OAUTH_CLIENT_ID)
    if (client !== '') all.push({ meter: clientMeter, key: client, value: client, amount: 1 })
    const route = text(event, ATTR.HTTP_ROUTE)
    if (route !== '') {
      const key = `${text(event, ATTR.AUDIT_PRODUCER_SERVICE)} ${route}`
      all.push({ meter: routeMeter, key, value: route, amount: 1 })
    }
    return all
  },
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

const registrationMeter: Meter = {
  ...{ kind: 'all', name: '', limits: REGISTRATIONS },
  noun: 'number of registrations in an hour',
}
const ofAll = rates({
  rule: registrationRule,
  events: { actions: ['oauth.register'], roles: serverRoles },
  metered(event) {
    return isRegistration(event)
      ? [{ meter: registrationMeter, key: '', value: '', amount: 1 }]
      : []
  },
})

/** Row 21. An address without a past has none that is usual: the number alone decides then. */
export const massRegistration: () => Check = () => {
  const checked = ofAll()
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

type ActorType = 'client' | 'user'

/** Who acted, by pseudonym: a user's hash, or a client's own id. */
function actorOf(event: AuditEvent): { readonly type: ActorType; readonly value: string } | null {
  const value = text(event, ATTR.AUDIT_ACTOR_ID)
  const type = text(event, ATTR.AUDIT_ACTOR_TYPE)
  return value === '' || (type !== 'user' && type !== 'client') ? null : { type, value }
}

/** Clients differ more from each other than users do: none is compared with all. */
function byActor(
  kind: string,
  { limits, noun }: Pick<Meter, 'limits' | 'noun'>,
): Readonly<Record<ActorType, Meter>> {
  const name = 'audit.actor.id'
  return {
    user: { kind: `user${kind}`, name, noun, limits },
    client: { kind: `client${kind}`, name, noun, limits: { ...limits, crowdFactor: null } },
  }
}
