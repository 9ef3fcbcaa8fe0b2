// Rows 19, 20 and 25: a client that is used as it never was. After somebody read or changed its
// registration; with a right that it did not have; after it slept.
import { ATTR, type JsonValue } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import {
  isDone,
  isOfApi,
  isOfServer,
  items,
  networkOf,
  programOf,
  shortHash,
  text,
} from '../reading.ts'
import { type Check, found, type Found, type Ref, refOf, type RuleText } from '../stateful.ts'
import {
  DORMANT_MS,
  LEARN_MS,
  MAX_ENTITIES,
  MAX_KNOWN,
  MAX_RESOURCES,
  MIN_USES,
  TOUCHED_MS,
} from './limits.ts'

const secretRule: RuleText = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2019',
  row: 19,
  title: 'Odd use of a client after its registration was read or changed',
  description:
    'Somebody read or changed the registration of a client, and within a day its secret was used from a new network, by a new program or with another grant type.',
  level: 'high',
  attack: ['T1098.001'],
  references: ['RFC 7592 3', 'https://attack.mitre.org/techniques/T1098/001/'],
  needs: ['records of oauth.register', ATTR.CLIENT_ADDRESS, ATTR.USER_AGENT_ORIGINAL],
  falsePositives: ['A service that moves to another data centre, with a new secret.'],
}

const roleRule: RuleText = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2020',
  row: 20,
  title: 'A client may do more than it could',
  description:
    'A client that acts for itself has a role that it never had, or may have a scope whose name says administration.',
  level: 'high',
  attack: ['T1098.003'],
  references: ['https://attack.mitre.org/techniques/T1098/003/', 'OWASP ASVS 5.0 10.4.11'],
  needs: [ATTR.USER_ROLES, ATTR.OAUTH_SCOPE_ALLOWED],
  falsePositives: ['A client whose task has grown; whoever gave it the role knows.'],
}

const dormantRule: RuleText = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2025',
  row: 25,
  title: 'A client that slept wakes, and does something new',
  description:
    'A client without a request for a month is used again, for a resource that it never asked for.',
  level: 'medium',
  attack: ['T1078.004'],
  references: ['https://attack.mitre.org/techniques/T1078/004/', 'OWASP ASVS 5.0 10.4.10'],
  needs: [ATTR.OAUTH_CLIENT_ID, ATTR.HTTP_ROUTE],
  falsePositives: ['A yearly job that was changed since.'],
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
    entities: { clients: clients as unknown as Entities<JsonValue> },
    look(event) {
      if (!isOfServer(event)) return []
      if (isDone(event, 'oauth.register')) {
        const client = text(event, ATTR.AUDIT_TARGET_ID) || text(event, ATTR.OAUTH_CLIENT_ID)
        const known = clients.get(client)
        if (known !== undefined) {
          clients.set(client, { ...known, touchedMs: event.atMs, touched: refOf(event) })
        }
        return []
      }
      const method = text(event, ATTR.OAUTH_CLIENT_AUTH_METHOD)
      const isProven = method !== '' && method !== 'none' && isDone(event, 'oauth.token')
      return isProven ? usedBy(clients, event) : []
    },
  }
}

function usedBy(clients: Entities<Uses>, event: AuditEvent): Found[] {
  const client = text(event, ATTR.OAUTH_CLIENT_ID)
  const network = networkOf(text(event, ATTR.CLIENT_ADDRESS))
  if (client === '' || network === '') return []
  const known = clients.get(client) ?? unused
  const of = (value: string): string => shortHash(client, value)
  const now = {
    network: of(network),
    program: of(programOf(text(event, ATTR.USER_AGENT_ORIGINAL))),
    grant: text(event, ATTR.OAUTH_GRANT_TYPE),
  }
  const news = [
    known.programs.includes(now.program) ? '' : 'a new program',
    known.grants.includes(now.grant) ? '' : 'another grant type',
  ].filter((one) => one !== '')
  clients.set(client, {
    ...{ ...known, uses: Math.min(known.uses + 1, MIN_USES) },
    networks: withOne(known.networks, now.network, MAX_KNOWN),
    programs: withOne(known.programs, now.program, MAX_KNOWN),
    grants: withOne(known.grants, now.grant, MAX_KNOWN),
  })
  const { touched, touchedMs } = known
  const isAfter =
    touched !== null && event.atMs >= touchedMs && event.atMs - touchedMs <= TOUCHED_MS
  const isNewPlace = known.uses >= MIN_USES && !known.networks.includes(now.network)
  if (!isAfter || !isNewPlace || news.length === 0) return []
  const minutes = Math.round((event.atMs - touchedMs) / 60_000)
  return [
    found({
      ...{ rule: 0, group: [['oauth.client.id', client]], before: [touched], count: 2 },
      words: `used from a new network, with ${news.join(' and ')}, ${minutes} min after its registration was read or changed`,
    }),
  ]
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
    entities: { clients: clients as unknown as Entities<JsonValue> },
    look(event) {
      const client = text(event, ATTR.OAUTH_CLIENT_ID)
      const isOwn = text(event, ATTR.AUDIT_ACTOR_TYPE) === 'client'
      if (client === '' || !isOwn || !isOfServer(event) || !isDone(event, 'oauth.token')) return []
      const known = clients.get(client) ?? { sinceMs: event.atMs, uses: 0, roles: [], scopes: [] }
      const { atMs } = event
      const roles = items(event, ATTR.USER_ROLES)
      const scopes = items(event, ATTR.OAUTH_SCOPE_ALLOWED).filter((one) => privileged.test(one))
      const newRoles = roles.filter((role) => !known.roles.includes(role)).length
      const newScopes = scopes.filter((scope) => !known.scopes.includes(scope)).length
      clients.set(client, {
        ...{ sinceMs: known.sinceMs, uses: Math.min(known.uses + 1, MIN_USES) },
        roles: [...new Set([...known.roles, ...roles])].slice(0, MAX_KNOWN),
        scopes: [...new Set([...known.scopes, ...scopes])].slice(0, MAX_KNOWN),
      })
      const isLearned = known.uses >= MIN_USES && atMs - known.sinceMs >= LEARN_MS
      if (!isLearned || newRoles + newScopes === 0) return []
      const days = Math.floor((atMs - known.sinceMs) / 86_400_000)
      return [
        found({
          ...{ rule: 0, group: [['oauth.client.id', client]], before: [], count: 1 },
          words: `${newRoles} roles and ${newScopes} scopes of administration that it did not have in ${days} days`,
        }),
      ]
    },
  }
}

type Sleeper = { readonly lastMs: number; readonly by: Ref; readonly resources: readonly string[] }

/** Row 25. */
export function dormantClient(): Check {
  const clients = new Entities<Sleeper>(MAX_ENTITIES)
  return {
    rules: [dormantRule],
    entities: { clients: clients as unknown as Entities<JsonValue> },
    look(event) {
      const client = text(event, ATTR.OAUTH_CLIENT_ID)
      if (client === '' || text(event, ATTR.AUDIT_OUTCOME) !== 'success') return []
      const resource = resourceOf(event, client)
      if (resource === null) return []
      const known = clients.get(client)
      const resources = known?.resources ?? []
      const isNew = !resources.includes(resource) && resources.length < MAX_RESOURCES
      const sleptMs = known === undefined ? 0 : event.atMs - known.lastMs
      const wakes = sleptMs >= DORMANT_MS
      // Asking for a token is no waking yet: what it is for comes next, and is judged by the same gap.
      const isWaking = wakes && !isNew
      clients.set(client, {
        lastMs: isWaking ? known!.lastMs : Math.max(event.atMs, known?.lastMs ?? 0),
        by: isWaking ? known!.by : refOf(event),
        resources: withOne(resources, resource, MAX_RESOURCES),
      })
      if (!wakes || !isNew || known === undefined) return []
      const days = Math.floor(sleptMs / 86_400_000)
      return [
        found({
          ...{ rule: 0, group: [['oauth.client.id', client]], before: [known.by], count: 1 },
          words: `silent for ${days} days, and now at a resource where it never was`,
        }),
      ]
    },
  }
}

/** An API's route, or the audience of a token; null for what is no use. */
function resourceOf(event: AuditEvent, client: string): string | null {
  if (isOfApi(event)) {
    const route = text(event, ATTR.HTTP_ROUTE) || text(event, ATTR.URL_TEMPLATE)
    return shortHash(client, `${text(event, ATTR.AUDIT_PRODUCER_SERVICE)} ${route}`)
  }
  const isToken = isOfServer(event) && text(event, ATTR.AUDIT_ACTION) === 'oauth.token'
  return isToken ? shortHash(client, `token ${text(event, ATTR.OAUTH_AUDIENCE)}`) : null
}

function withOne(known: readonly string[], value: string, max: number): readonly string[] {
  return known.includes(value) || known.length >= max ? known : [...known, value]
}
