// Row 4: what a changed registration is used for. Records of a registration do not say what of it
// was changed; the next authorizations show it.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
import { isDone, isOfServer, serverRoles, text } from '../reading.ts'
import { type Check, found, refOf, type Ref, type CodedRule } from '../stateful.ts'
import { CHANGED_MS, MAX_KNOWN, MAX_PARTIES } from './limits.ts'

const rule: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f004',
  row: 4,
  title: 'Codes go to a new host after a registration was changed',
  description:
    'The registration of a client was changed, and within a week an authorization ' +
    'went to a host that none of its authorizations went to before.',
  level: 'high',
  attack: ['T1098.001', 'T1528'],
  references: ['RFC 9700 4.1', 'RFC 7592 2.2', 'OWASP ASVS 5.0 10.4.1'],
  needs: [ATTR.OAUTH_REDIRECT_URI_HOST, 'records of oauth.register'],
  falsePositives: ['A client that moves to another host, and says so in its registration.'],
}

type Client = {
  readonly hosts: readonly string[]
  readonly changedMs: number
  readonly changed: Ref | null
}

const changes = new Set(['PUT', 'PATCH', 'POST'])

export function redirectChanged(): Check {
  const clients = new Entities<Client>(MAX_PARTIES)
  return {
    rules: [rule],
    entities: { clients },
    events: {
      actions: ['oauth.authorize', 'oauth.register'],
      roles: serverRoles,
      outcomes: ['success'],
    },
    look(event) {
      if (!isOfServer(event)) return []
      if (isDone(event, 'oauth.register')) {
        changed(clients, event)
        return []
      }
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      const host = text(event, FIELD.OAUTH_REDIRECT_URI_HOST)
      if (client === '' || host === '' || !isDone(event, 'oauth.authorize')) return []
      const known = clients.get(client) ?? { hosts: [], changedMs: 0, changed: null }
      if (known.hosts.includes(host) || known.hosts.length >= MAX_KNOWN) return []
      clients.set(client, { ...known, hosts: [...known.hosts, host] })
      const { changed: by } = known
      const isAfter = by !== null && event.atMs >= known.changedMs
      if (!isAfter || event.atMs - known.changedMs > CHANGED_MS || known.hosts.length === 0)
        return []
      return [
        found({
          ...{ rule: 0, group: [['oauth.client.id', client]], before: [by], count: 1 },
          words: `its registration was changed, and now codes go to ${host}, first seen`,
        }),
      ]
    },
  }
}

function changed(clients: Entities<Client>, event: AuditEvent): void {
  if (!changes.has(text(event, FIELD.HTTP_REQUEST_METHOD))) return
  const client = text(event, FIELD.AUDIT_TARGET_ID) || text(event, FIELD.OAUTH_CLIENT_ID)
  const known = clients.get(client)
  // One that has not been used is not changed, but made.
  if (known === undefined) return
  clients.set(client, { ...known, changedMs: event.atMs, changed: refOf(event) })
}
