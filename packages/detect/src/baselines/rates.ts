// Rows 21, 27 and 30: far more than usual. Each who is looked at has a rate of their own; a user
// without a past is compared with what all users do.
import { ATTR } from '@grantlog/record'
import type { EventBounds } from '../detection.ts'
import { Entities, type Form } from '../entities.ts'
import { type AuditEvent, DURATION_MS } from '../event.ts'
import { FIELD } from '../field.ts'
import { MAX_REMEMBERED } from '../limits.ts'
import {
  apiRole,
  isDone,
  isOfApi,
  isOfServer,
  serverRoles,
  shortHash,
  text,
  tookMs,
  whole,
} from '../reading.ts'
import { rememberedOfTwo } from '../remembered.ts'
import { type Check, found, type Found, nothing, type CodedRule } from '../stateful.ts'
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
import { add, begin, closedMean, isOver, type Rate, timesUsual } from './rate.ts'

/** What is counted, the same of all of whom it is. */
interface Meter {
  /** Whose bucket is compared with that of anybody. */
  readonly kind: string
  /** What the group of a finding names; '' for what is not to be told, such as an address. */
  readonly name: string
  /** What is counted, as in `42× its usual NOUN`. */
  readonly noun: string
  readonly limits: RateLimits
}

/** Those of whom the same is counted, and what. */
interface Kind {
  /** By which a snapshot knows them. */
  readonly name: string
  readonly meters: readonly Meter[]
}

interface Rated {
  readonly rule: CodedRule
  readonly events: EventBounds
  readonly kinds: readonly Kind[]
  /** Adds what an event tells. */
  readonly meter: (event: AuditEvent, tally: Tally) => void
}

/** A check that adds up what `meter` says of each event. */
function rates({ events, kinds, meter, rule }: Rated): () => Check {
  return () => {
    const tally = new Tally(kinds)
    return {
      rules: [rule],
      entities: tally.entities,
      events,
      look(event) {
        tally.look(event)
        meter(event, tally)
        return tally.found
      },
    }
  }
}

const ratesForm: Form<Rate[]> = {
  encode: (all) => all.map((rate) => ({ ...rate })),
  decode: (value) => (value as Rate[]).map((rate) => ({ ...rate })),
}

/** What is counted of all, and what of the event that is looked at was far off. */
class Tally {
  readonly #own: ReadonlyMap<Kind, Entities<Rate[]>>
  /** One by kind, of the closed buckets of all: its `mean` is that of a bucket of anybody. */
  readonly #crowd = new Entities<Rate>(16)
  #atMs = 0
  found = nothing

  constructor(kinds: readonly Kind[]) {
    this.#own = new Map(kinds.map((kind) => [kind, new Entities(MAX_ENTITIES, ratesForm)]))
  }

  get entities(): Check['entities'] {
    const own = Array.from(this.#own, ([{ name }, entities]) => [name, entities] as const)
    return { ...Object.fromEntries(own), crowd: this.#crowd }
  }

  look({ atMs }: AuditEvent): void {
    this.#atMs = atMs
    this.found = nothing
  }

  /** The rates of one, in the order of the meters. `key`: a short hash where it is personal. */
  of(kind: Kind, key: string): readonly Rate[] {
    const entities = this.#own.get(kind)!
    const known = entities.get(key)
    if (known !== undefined) return known
    const begun = kind.meters.map(({ limits }) => begin(this.#atMs, limits))
    entities.set(key, begun)
    return begun
  }

  /** So much more. `value` is what a finding says in place of the key. */
  add(rate: Rate, meter: Meter, amount: number, value: string): void {
    const atMs = this.#atMs
    if (isOver(rate, atMs, meter.limits)) learnCrowd(this.#crowd, meter, rate)
    add(rate, atMs, amount, meter.limits)
    // Nearly all.
    if (rate.sum < meter.limits.floor) return
    const times = timesUsual(rate, atMs, meter.limits)
    const timesOfAll = times === null ? timesCrowd(this.#crowd, rate, meter) : null
    if (times === null && timesOfAll === null) return
    rate.said = rate.bucket
    const words =
      times === null
        ? `${timesOfAll}× the ${meter.noun} that is usual of anybody`
        : `${times}× its usual ${meter.noun}`
    const group = meter.name === '' ? [] : [[meter.name, value] as const]
    this.found = [...this.found, found({ rule: 0, before: [], count: 1, words, group })]
  }

  /** One more, of one of whom only that is counted. */
  addOne(kind: Kind, key: string, value: string): void {
    this.add(this.of(kind, key)[0]!, kind.meters[0]!, 1, value)
  }
}

/** With a bucket that is over. */
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

const bulkActors = byActor({
  '': { limits: BULK, noun: 'volume in an hour' },
  ' reads': { limits: READS, noun: 'number of reads in an hour' },
})

/** Row 27. */
export const bulkData: () => Check = rates({
  rule: bulkRule,
  events: { actions: ['oauth.resource_access'], roles: [apiRole], outcomes: ['success'] },
  kinds: Object.values(bulkActors),
  meter(event, tally) {
    if (!isOfApi(event) || !isDone(event, 'oauth.resource_access')) return
    const kind = kindOf(event, bulkActors)
    const actor = text(event, FIELD.AUDIT_ACTOR_ID)
    if (kind === null || actor === '') return
    const [volume, reads] = kind.meters
    const own = tally.of(kind, actor)
    tally.add(own[0]!, volume!, whole(event, FIELD.HTTP_RESPONSE_BODY_SIZE) ?? 0, actor)
    const isRead = text(event, FIELD.HTTP_REQUEST_METHOD) === 'GET'
    tally.add(own[1]!, reads!, isRead ? 1 : 0, actor)
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
const workActors = byActor({
  '': { limits: ACTOR_RATE, noun: requests },
  ' time': { limits: ACTOR_TIME, noun: 'time of work in ten minutes' },
})
const crowded = { limits: CROWD_RATE, noun: requests }
const byClient: Kind = {
  name: 'callers',
  meters: [{ ...crowded, kind: 'client all', name: 'oauth.client.id' }],
}
const byRoute: Kind = {
  name: 'routes',
  meters: [{ ...crowded, kind: 'route', name: 'http.route' }],
}
const routeKey = rememberedOfTwo(MAX_REMEMBERED, (service, route) => `${service} ${route}`)

/** Row 30. */
export const exhaustion: () => Check = rates({
  rule: exhaustionRule,
  events: { actions: ['oauth.resource_access'], roles: [apiRole] },
  kinds: [...Object.values(workActors), byClient, byRoute],
  meter(event, tally) {
    if (!isOfApi(event) || text(event, FIELD.AUDIT_ACTION) !== 'oauth.resource_access') return
    const kind = kindOf(event, workActors)
    const actor = text(event, FIELD.AUDIT_ACTOR_ID)
    if (kind !== null && actor !== '') {
      const [count, time] = kind.meters
      const own = tally.of(kind, actor)
      tally.add(own[0]!, count!, 1, actor)
      tally.add(own[1]!, time!, tookMs(event) ?? 0, actor)
    }
    const client = text(event, FIELD.OAUTH_CLIENT_ID)
    if (client !== '') tally.addOne(byClient, client, client)
    const route = text(event, FIELD.HTTP_ROUTE)
    if (route === '') return
    tally.addOne(byRoute, routeKey(text(event, FIELD.AUDIT_PRODUCER_SERVICE), route), route)
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

const anybody: Kind = {
  name: 'anybody',
  meters: [
    {
      ...{ kind: 'all', name: '', limits: REGISTRATIONS },
      noun: 'number of registrations in an hour',
    },
  ],
}
const ofAll = rates({
  rule: registrationRule,
  events: { actions: ['oauth.register'], roles: serverRoles, outcomes: ['success'] },
  kinds: [anybody],
  meter(event, tally) {
    if (isRegistration(event)) tally.addOne(anybody, '', '')
  },
})

/** Row 21. An address without a past has none that is usual: the number alone decides then. */
export const massRegistration: () => Check = () => {
  const checked = ofAll()
  const addresses = new Entities(MAX_ENTITIES, ratesForm)
  return {
    ...checked,
    entities: { ...checked.entities, addresses },
    look: (event) => [...checked.look(event), ...ofAddress(addresses, event)],
  }
}

function isRegistration(event: AuditEvent): boolean {
  const method = text(event, FIELD.HTTP_REQUEST_METHOD)
  return (
    isOfServer(event) && isDone(event, 'oauth.register') && (method === 'POST' || method === '')
  )
}

function ofAddress(addresses: Entities<Rate[]>, event: AuditEvent): Found[] {
  const address = text(event, FIELD.CLIENT_ADDRESS)
  if (address === '' || !isRegistration(event)) return []
  const { atMs } = event
  const key = shortHash('registration', address)
  const known = addresses.get(key)
  const rate = known?.[0] ?? begin(atMs, REGISTRATIONS)
  if (known === undefined) addresses.set(key, [rate])
  add(rate, atMs, 1, REGISTRATIONS)
  const isFar = rate.sum >= REGISTRATIONS.floor && rate.said !== rate.bucket
  const isUsual = rate.closed > 0 && rate.sum < REGISTRATIONS.factor * Math.max(rate.mean, 1)
  if (!isFar || isUsual) return []
  rate.said = rate.bucket
  const words = `${rate.sum} clients registered from one address within an hour`
  return [found({ rule: 0, group: [], before: [], count: rate.sum, words })]
}

type ActorType = 'client' | 'user'

/** Of what kind the actor is, who is named by pseudonym: a user's hash, or a client's own id. */
function kindOf(event: AuditEvent, kinds: Readonly<Record<ActorType, Kind>>): Kind | null {
  const type = text(event, FIELD.AUDIT_ACTOR_TYPE)
  return type === 'user' || type === 'client' ? kinds[type] : null
}

/** Clients differ more from each other than users do: none is compared with all. */
function byActor(
  meters: Readonly<Record<string, Pick<Meter, 'limits' | 'noun'>>>,
): Readonly<Record<ActorType, Kind>> {
  const name = 'audit.actor.id'
  const of = (type: ActorType, without: Partial<RateLimits>): readonly Meter[] =>
    Object.entries(meters).map(([kind, { limits, noun }]) => {
      return { kind: `${type}${kind}`, name, noun, limits: { ...limits, ...without } }
    })
  return {
    user: { name: 'users', meters: of('user', {}) },
    client: { name: 'clients', meters: of('client', { crowdFactor: null }) },
  }
}
