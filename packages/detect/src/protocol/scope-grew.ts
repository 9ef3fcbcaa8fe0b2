// Row 14: more scope than was granted, or than a client ever had. More than its registration
// allows is a Sigma rule.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
import { isDone, isOfServer, items, text } from '../reading.ts'
import { type Check, found, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import { MAX_GRANTS, MAX_PARTIES, MAX_SCOPES, MIN_TOKENS } from './limits.ts'

const common = {
  row: 14,
  attack: ['T1548'],
  references: ['RFC 6749 3.3', 'RFC 6749 6', 'OWASP ASVS 5.0 10.2.3', 'OWASP ASVS 5.0 10.4.11'],
}

const beyondGranted: CodedRule = {
  ...common,
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f114',
  title: 'Token with a scope that its grant does not have',
  description: 'A code or a refresh token gave a token with scopes that the user has not granted.',
  level: 'high',
  needs: [
    ATTR.OAUTH_SCOPE_GRANTED,
    ATTR.OAUTH_GRANT_ID_HASH,
    'records of the authorization endpoint',
  ],
  falsePositives: [
    'A server that tells fewer scopes at the authorization endpoint than it grants.',
  ],
}

const firstPrivileged: CodedRule = {
  ...common,
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f214',
  title: 'First privileged scope of a client',
  description:
    'A client that acts for itself got a scope whose name says administration or ' +
    'everything, for the first time after many tokens without.',
  level: 'medium',
  attack: ['T1098.003'],
  needs: [ATTR.OAUTH_SCOPE_GRANTED, ATTR.AUDIT_ACTOR_TYPE],
  falsePositives: ['A client whose task has grown; whoever allowed it knows.'],
}

type Grant = { readonly scopes: readonly string[]; readonly by: Ref }
type Client = { readonly tokens: number; readonly isPrivileged: boolean }

const privileged =
  /(?:^|[.:_/-])(?:admin|administrator|root|superuser|full_access|impersonate|\*)(?:$|[.:_/-])/i

export function scopeGrew(): Check {
  const grants = new Entities<Grant>(MAX_GRANTS)
  const clients = new Entities<Client>(MAX_PARTIES)
  return {
    rules: [beyondGranted, firstPrivileged],
    entities: { grants, clients },
    look(event) {
      if (!isOfServer(event)) return []
      if (isDone(event, 'oauth.authorize') || isDone(event, 'oauth.consent')) learn(grants, event)
      if (!isDone(event, 'oauth.token')) return []
      return [...aboveGrant(grants, event), ...first(clients, event)]
    },
    holds(settle) {
      const [grant = '', ...scopes] = settle.split(' ')
      const known = grants.get(grant)
      return known !== undefined && scopes.some((scope) => !known.scopes.includes(scope))
    },
  }
}

function learn(grants: Entities<Grant>, event: AuditEvent): void {
  const scopes = items(event, FIELD.OAUTH_SCOPE_GRANTED)
  if (scopes.length === 0) return
  for (const grant of items(event, FIELD.OAUTH_GRANT_ID_HASH)) {
    const known = grants.get(grant)?.scopes ?? []
    const all = [...new Set([...known, ...scopes])].slice(0, MAX_SCOPES)
    grants.set(grant, { scopes: all, by: refOf(event) })
  }
}

const fromGrant = new Set(['authorization_code', 'refresh_token'])

/** Of a grant whose authorization we saw; one that comes late may still have the scope. */
function aboveGrant(grants: Entities<Grant>, event: AuditEvent): Found[] {
  const [grant] = items(event, FIELD.OAUTH_GRANT_ID_HASH)
  if (grant === undefined || !fromGrant.has(text(event, FIELD.OAUTH_GRANT_TYPE))) return []
  const known = grants.get(grant)
  if (known === undefined || known.scopes.length >= MAX_SCOPES) return []
  const more = items(event, FIELD.OAUTH_SCOPE_GRANTED).filter(
    (scope) => !known.scopes.includes(scope),
  )
  if (more.length === 0) return []
  return [
    {
      ...{ rule: 0, before: [known.by], count: 1, settle: [grant, ...more].join(' ') },
      group: [...clientOf(event), ['oauth.grant.id_hash', grant]],
      words: `the token has ${more.length} scopes that the user has not granted`,
    },
  ]
}

/** Only of a client's own tokens: what a user may have is as different as users are. */
function first(clients: Entities<Client>, event: AuditEvent): Found[] {
  const client = text(event, FIELD.OAUTH_CLIENT_ID)
  const scopes = items(event, FIELD.OAUTH_SCOPE_GRANTED)
  if (text(event, FIELD.AUDIT_ACTOR_TYPE) !== 'client' || client === '') return []
  const isPrivileged = scopes.some((scope) => privileged.test(scope))
  const known = clients.get(client) ?? { tokens: 0, isPrivileged: false }
  clients.set(client, {
    tokens: Math.min(known.tokens + 1, MIN_TOKENS),
    isPrivileged: known.isPrivileged || isPrivileged,
  })
  if (!isPrivileged || known.isPrivileged || known.tokens < MIN_TOKENS) return []
  return [
    found({
      ...{ rule: 1, group: clientOf(event), before: [], count: 1 },
      words: `first privileged scope, after ${known.tokens} tokens or more without one`,
    }),
  ]
}

function clientOf(event: AuditEvent): (readonly [string, string])[] {
  return [['oauth.client.id', text(event, FIELD.OAUTH_CLIENT_ID)]]
}
