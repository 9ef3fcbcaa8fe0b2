// Row 15: a user lets in a client that nobody knows, with scopes that read or change a lot.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
import { isDone, isOfServer, items, serverRoles, shortHash, text } from '../reading.ts'
import { type Check, found, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import {
  BEGUN_ROOM,
  FEW_USERS,
  LEARN_MS,
  MAX_ENTITIES,
  NEW_CLIENT_MS,
  REGRET_MS,
} from './limits.ts'

const common = {
  row: 15,
  attack: ['T1528'],
  references: ['OWASP ASVS 5.0 10.7.1', 'https://attack.mitre.org/techniques/T1528/'],
}

const illicit: CodedRule = {
  ...common,
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2015',
  title: 'Consent to a new client that wants much',
  description:
    'One of the first users of a client that was first seen within a day granted it' +
    ' scopes that stay, or that read or change a lot.',
  level: 'medium',
  needs: [ATTR.OAUTH_CONSENT_RESULT, ATTR.OAUTH_SCOPE_GRANTED, ATTR.USER_HASH],
  falsePositives: ['The first users of an application of your own on its first day.'],
}

const regretted: CodedRule = {
  ...common,
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2115',
  title: 'Consent taken back soon',
  description: 'A user took back within an hour what they had granted to a client that was new.',
  level: 'high',
  needs: [ATTR.OAUTH_CONSENT_RESULT, ATTR.OAUTH_GRANT_ID_HASH],
  falsePositives: ['Somebody who tries a new application out, and tidies up.'],
}

type Client = { readonly sinceMs: number; readonly users: readonly string[] }
type Consent = { readonly atMs: number; readonly client: string; readonly by: Ref }

const risky =
  /(?:^|[.:_/-])(?:admin|all|drive|export|files|full|mail|manage|send|(?:read)?write)(?:$|[.:_/-])/i
/** What lasts when the user is away. */
const lasting = 'offline_access'

export function illicitConsent(): Check {
  const clients = new Entities<Client>(MAX_ENTITIES)
  const consents = new Entities<Consent>(MAX_ENTITIES)
  const begun = new Entities<number>(BEGUN_ROOM)
  return {
    rules: [illicit, regretted],
    entities: { clients, consents, begun },
    events: { roles: serverRoles },
    look(event) {
      if (!isOfServer(event)) return []
      const startMs = begun.get('') ?? event.atMs
      if (startMs === event.atMs) begun.set('', startMs)
      const ended = revokedSoon(consents, event)
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      if (client === '') return ended
      const before = clients.get(client)
      const known = before ?? { sinceMs: event.atMs, users: [] }
      const isNew =
        known.sinceMs - startMs >= LEARN_MS && event.atMs - known.sinceMs <= NEW_CLIENT_MS
      const user = grantedBy(event)
      const isFirst = user !== '' && !known.users.includes(shortHash(client, user))
      const isFew = known.users.length < FEW_USERS
      const users = isFirst && isFew ? [...known.users, shortHash(client, user)] : known.users
      if (before === undefined || users !== before.users) clients.set(client, { ...known, users })
      if (!isNew || user === '') return ended
      consented(consents, client, event)
      return isFirst && isFew ? [...ended, ...wanted(event, known)] : ended
    },
  }
}

/** The user who granted something; of one consent there may be two records, and one user. */
function grantedBy(event: AuditEvent): string {
  const action = text(event, FIELD.AUDIT_ACTION)
  const isGrant =
    (action === 'oauth.consent' || action === 'oauth.authorize') &&
    isDone(event, action) &&
    text(event, FIELD.OAUTH_CONSENT_RESULT) === 'granted'
  return isGrant ? text(event, FIELD.USER_HASH) : ''
}

function wanted(event: AuditEvent, { sinceMs, users }: Client): Found[] {
  const scopes = items(event, FIELD.OAUTH_SCOPE_GRANTED).filter(
    (scope) => scope === lasting || risky.test(scope),
  )
  if (scopes.length === 0) return []
  const minutes = Math.round((event.atMs - sinceMs) / 60_000)
  return [
    found({
      ...{ rule: 0, before: [], count: 1 },
      group: [
        ['oauth.client.id', text(event, FIELD.OAUTH_CLIENT_ID)],
        ['user.hash', text(event, FIELD.USER_HASH)],
      ],
      words:
        `a client first seen ${minutes} min before got ${scopes.length} scopes that ` +
        `allow much; it has ${users.length} other users`,
    }),
  ]
}

function consented(consents: Entities<Consent>, client: string, event: AuditEvent): void {
  for (const grant of items(event, FIELD.OAUTH_GRANT_ID_HASH)) {
    consents.set(grant, { atMs: event.atMs, client, by: refOf(event) })
  }
}

function revokedSoon(consents: Entities<Consent>, event: AuditEvent): Found[] {
  const isTakenBack = text(event, FIELD.OAUTH_CONSENT_RESULT) === 'revoked'
  const reason = text(event, FIELD.OAUTH_REVOCATION_REASON)
  if (!isTakenBack && reason !== 'user' && reason !== 'admin') return []
  return items(event, FIELD.OAUTH_GRANT_ID_HASH).flatMap((grant) => {
    const consent = consents.get(grant)
    if (consent === undefined || event.atMs - consent.atMs > REGRET_MS) return []
    consents.delete(grant)
    const minutes = Math.round((event.atMs - consent.atMs) / 60_000)
    return [
      found({
        ...{ rule: 1, before: [consent.by], count: 2 },
        group: [
          ['oauth.client.id', consent.client],
          ['oauth.grant.id_hash', grant],
        ],
        words: `taken back ${minutes} min after it was granted to a new client`,
      }),
    ]
  })
}
