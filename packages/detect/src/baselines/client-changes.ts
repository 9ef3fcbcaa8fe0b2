// Rows 19, 20 and 25: a client that is used as it never was. After somebody read or changed its
// registration; with a right that it did not have; after it slept.
import { ATTR } from '@grantlog/record'
import { Entities, type Form } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
import { MAX_REMEMBERED } from '../limits.ts'
import {
  apiRole,
  isDone,
  isOfApi,
  isOfServer,
  items,
  networkOf,
  programOf,
  rememberedHash,
  serverRoles,
  text,
} from '../reading.ts'
import { rememberedOfTwo } from '../remembered.ts'
import { type Check, found, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import {
  DAY_MS,
  DORMANT_MS,
  DORMANT_TIMES,
  EWMA_WEIGHT,
  LEARN_MS,
  MAX_ENTITIES,
  MAX_KNOWN,
  MAX_RESOURCES,
  MIN_PAUSES,
  MIN_USES,
  PAUSE_MS,
  TOUCHED_MS,
  WAKING_MS,
} from './limits.ts'

const secretRule: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2019',
  row: 19,
  title: 'Odd use of a client after its registration was read or changed',
  description:
    'Somebody read or changed the registration of a client, and within a day its ' +
    'secret was used from a new network, by a new program or with another grant ' +
    'type.',
  level: 'high',
  attack: ['T1098.001'],
  references: ['RFC 7592 3', 'https://attack.mitre.org/techniques/T1098/001/'],
  needs: ['records of oauth.register', ATTR.CLIENT_ADDRESS, ATTR.USER_AGENT_ORIGINAL],
  falsePositives: ['A service that moves to another data centre, with a new secret.'],
}

const roleRule: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2020',
  row: 20,
  title: 'A client may do more than it could',
  description:
    'A client that acts for itself has a role that it never had, or may have a ' +
    'scope whose name says administration.',
  level: 'high',
  attack: ['T1098.003'],
  references: ['https://attack.mitre.org/techniques/T1098/003/', 'OWASP ASVS 5.0 10.4.11'],
  needs: [ATTR.USER_ROLES, ATTR.OAUTH_SCOPE_ALLOWED],
  falsePositives: ['A client whose task has grown; whoever gave it the role knows.'],
}

const dormantRule: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2025',
  row: 25,
  title: 'A client that slept wakes, and does something new',
  description:
    'A client that was silent for ten times its usual pause, and for days, is used ' +
    'again, and for a resource that it never asked for.',
  level: 'medium',
  attack: ['T1078.004'],
  references: ['https://attack.mitre.org/techniques/T1078/004/', 'OWASP ASVS 5.0 10.4.10'],
  needs: [ATTR.OAUTH_CLIENT_ID, ATTR.HTTP_ROUTE],
  falsePositives: ['A job that runs when somebody needs it, and was changed since.'],
}

/** Hashes under the client. */
type Uses = {
  readonly uses: number
  readonly networks: readonly string[]
  readonly programs: readonly string[]
  readonly grants: readonly string[]
  readonly touchedMs: number
  readonly touched: Ref | null
}
const unused: Uses = {
  ...{ uses: 0, networks: [], programs: [], grants: [], touchedMs: 0, touched: null },
}

/** Row 19. */
export function secretTouched(): Check {
  const clients = new Entities<Uses>(MAX_ENTITIES)
  return {
    rules: [secretRule],
    entities: { clients },
    events: { roles: serverRoles },
    look(event) {
      if (!isOfServer(event)) return []
      // By the protocol, or by an administrator.
      if (text(event, FIELD.AUDIT_TARGET_TYPE) === 'client') {
        const client = text(event, FIELD.AUDIT_TARGET_ID) || text(event, FIELD.OAUTH_CLIENT_ID)
        const known = clients.get(client)
        if (known !== undefined) {
          clients.set(client, { ...known, touchedMs: event.atMs, touched: refOf(event) })
        }
        return []
      }
      const method = text(event, FIELD.OAUTH_CLIENT_AUTH_METHOD)
      const isProven = method !== '' && method !== 'none' && isDone(event, 'oauth.token')
      return isProven ? usedBy(clients, event) : []
    },
  }
}

function usedBy(clients: Entities<Uses>, event: AuditEvent): Found[] {
  const client = text(event, FIELD.OAUTH_CLIENT_ID)
  const network = networkOf(text(event, FIELD.CLIENT_ADDRESS))
  if (client === '' || network === '') return []
  const known = clients.get(client) ?? unused
  const of = (value: string): string => rememberedHash(client, value)
  const now = {
    network: of(network),
    program: of(programOf(text(event, FIELD.USER_AGENT_ORIGINAL))),
    grant: text(event, FIELD.OAUTH_GRANT_TYPE),
  }
  const news = [
    known.programs.includes(now.program) ? '' : 'a new program',
    known.grants.includes(now.grant) ? '' : 'another grant type',
  ].filter((one) => one !== '')
  const { touched, touchedMs } = known
  const isAfter =
    touched !== null && event.atMs >= touchedMs && event.atMs - touchedMs <= TOUCHED_MS
  const isNewPlace = known.uses >= MIN_USES && !known.networks.includes(now.network)
  const isOdd = isAfter && isNewPlace && news.length > 0
  if (!isOdd) learnUse(clients, client, now)
  if (!isOdd) return []
  const minutes = Math.round((event.atMs - touchedMs) / 60_000)
  return [
    found({
      ...{ rule: 0, group: [['oauth.client.id', client]], before: [touched], count: 2 },
      words:
        `used from a new network, with ${news.join(' and ')}, ${minutes} min after its ` +
        'registration was read or changed',
    }),
  ]
}

/** Nothing is learned from what may be a thief. */
function learnUse(
  clients: Entities<Uses>,
  client: string,
  now: { readonly network: string; readonly program: string; readonly grant: string },
): void {
  const known = clients.get(client) ?? unused
  const uses = Math.min(known.uses + 1, MIN_USES)
  const networks = withOne(known.networks, now.network, MAX_KNOWN)
  const programs = withOne(known.programs, now.program, MAX_KNOWN)
  const grants = withOne(known.grants, now.grant, MAX_KNOWN)
  const isNew =
    uses !== known.uses ||
    networks !== known.networks ||
    programs !== known.programs ||
    grants !== known.grants
  if (isNew) clients.set(client, { ...known, uses, networks, programs, grants })
}

type Rights = {
  readonly sinceMs: number
  readonly uses: number
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

const privileged =
  /(?:^|[.:_/-])(?:admin|administrator|root|superuser|full_access|manage|\*)(?:$|[.:_/-])/i

/** Row 20. */
export function roleGranted(): Check {
  const clients = new Entities<Rights>(MAX_ENTITIES)
  return {
    rules: [roleRule],
    entities: { clients },
    events: { actions: ['oauth.token'], roles: serverRoles, outcomes: ['success'] },
    look(event) {
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      const isOwn = text(event, FIELD.AUDIT_ACTOR_TYPE) === 'client'
      if (client === '' || !isOwn || !isOfServer(event) || !isDone(event, 'oauth.token')) return []
      const known = clients.get(client) ?? { sinceMs: event.atMs, uses: 0, roles: [], scopes: [] }
      const { atMs } = event
      const roles = items(event, FIELD.USER_ROLES)
      const scopes = items(event, FIELD.OAUTH_SCOPE_ALLOWED).filter((one) => privileged.test(one))
      const newRoles = roles.filter((role) => !known.roles.includes(role)).length
      const newScopes = scopes.filter((scope) => !known.scopes.includes(scope)).length
      clients.set(client, {
        ...{ sinceMs: known.sinceMs, uses: Math.min(known.uses + 1, MIN_USES) },
        roles: [...new Set([...known.roles, ...roles])].slice(0, MAX_KNOWN),
        scopes: [...new Set([...known.scopes, ...scopes])].slice(0, MAX_KNOWN),
      })
      const isLearned = known.uses >= MIN_USES && atMs - known.sinceMs >= LEARN_MS
      if (!isLearned || newRoles + newScopes === 0) return []
      const days = Math.floor((atMs - known.sinceMs) / DAY_MS)
      return [
        found({
          ...{ rule: 0, group: [['oauth.client.id', client]], before: [], count: 1 },
          words:
            `${newRoles} roles and ${newScopes} scopes of administration that it did not ` +
            `have in ${days} days`,
        }),
      ]
    },
  }
}

type Sleeper = {
  lastMs: number
  /** Its usual pause between times of work, ms, and of how many. */
  pauseMs: number
  pauses: number
  /** When it woke last, and after how long; 0: it never slept. */
  wokeMs: number
  sleptMs: number
  by: Ref
  resources: readonly string[]
}

const sleeperForm: Form<Sleeper> = {
  encode: (sleeper) => ({ ...sleeper }),
  decode: (value) => ({ ...(value as Sleeper) }),
}

/** Row 25. */
export function dormantClient(): Check {
  const clients = new Entities(MAX_ENTITIES, sleeperForm)
  return {
    rules: [dormantRule],
    entities: { clients },
    events: { roles: [apiRole, ...serverRoles], outcomes: ['success'] },
    look(event) {
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      if (client === '' || text(event, FIELD.AUDIT_OUTCOME) !== 'success') return []
      const resource = resourceOf(event, client)
      if (resource === null) return []
      const known = clients.get(client)
      const sleeper = known ?? newSleeper(event)
      if (known === undefined) clients.set(client, sleeper)
      pass(sleeper, event.atMs)
      const { resources } = sleeper
      sleeper.resources = withOne(resources, resource, MAX_RESOURCES)
      const isWaking = event.atMs - sleeper.wokeMs <= WAKING_MS
      // While it wakes, `by` is the last record from before.
      if (!isWaking) sleeper.by = refOf(event)
      if (!isWaking || sleeper.resources === resources) return []
      const days = Math.floor(sleeper.sleptMs / DAY_MS)
      return [
        found({
          ...{ rule: 0, group: [['oauth.client.id', client]], before: [sleeper.by], count: 1 },
          words: `silent for ${days} days, and now at a resource where it never was`,
        }),
      ]
    },
  }
}

function newSleeper(event: AuditEvent): Sleeper {
  const { atMs } = event
  const never = { pauseMs: 0, pauses: 0, wokeMs: 0, sleptMs: 0 }
  return { lastMs: atMs, ...never, by: refOf(event), resources: [] }
}

/** With the pause before this moment: a usual one, or a sleep. */
function pass(sleeper: Sleeper, atMs: number): void {
  const { lastMs, pauseMs, pauses } = sleeper
  const gapMs = atMs - lastMs
  sleeper.lastMs = Math.max(atMs, lastMs)
  if (gapMs < PAUSE_MS) return
  if (pauses >= MIN_PAUSES && gapMs >= Math.max(DORMANT_MS, DORMANT_TIMES * pauseMs)) {
    sleeper.wokeMs = atMs
    sleeper.sleptMs = gapMs
    return
  }
  const weight = Math.max(1 / (pauses + 1), EWMA_WEIGHT)
  sleeper.pauseMs = Math.round(pauseMs + weight * (gapMs - pauseMs))
  sleeper.pauses = Math.min(pauses + 1, MIN_PAUSES * 4)
}

/** An API's route, or the audience of a token; null for what is no use. */
function resourceOf(event: AuditEvent, client: string): string | null {
  if (isOfApi(event)) {
    const route = text(event, FIELD.HTTP_ROUTE) || text(event, FIELD.URL_TEMPLATE)
    return rememberedHash(client, placeOf(text(event, FIELD.AUDIT_PRODUCER_SERVICE), route))
  }
  const isToken = isOfServer(event) && text(event, FIELD.AUDIT_ACTION) === 'oauth.token'
  return isToken
    ? rememberedHash(client, placeOf('token', text(event, FIELD.OAUTH_AUDIENCE)))
    : null
}

const placeOf = rememberedOfTwo(MAX_REMEMBERED, (at, what) => `${at} ${what}`)

function withOne(known: readonly string[], value: string, max: number): readonly string[] {
  return known.includes(value) || known.length >= max ? known : [...known, value]
}
