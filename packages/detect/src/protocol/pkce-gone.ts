// Row 3: a client that always sent a challenge sends none, or one that gives its verifier away.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import { FIELD } from '../field.ts'
import { isOfServer, items, serverRoles, text } from '../reading.ts'
import { type Check, found, refOf, type Ref, type CodedRule } from '../stateful.ts'
import { MAX_PARTIES, MIN_SEEN } from './limits.ts'

const rule: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f003',
  row: 3,
  title: 'PKCE is gone from the requests of a client that had it',
  description:
    'A client whose authorization requests had a code challenge made one without, ' +
    'or with the method plain, and it was let through: somebody may have taken it ' +
    'out on the way.',
  level: 'high',
  attack: ['T1562.010'],
  references: ['RFC 9700 4.8', 'OWASP ASVS 5.0 10.4.6'],
  needs: [ATTR.OAUTH_PKCE_METHOD, ATTR.OAUTH_POSTURE, ATTR.OAUTH_CLIENT_ID],
  falsePositives: ['An old version of the client that is started again.'],
}

type Client = { readonly with: number; readonly without: number; readonly last: Ref }

const asking = new Set(['oauth.authorize', 'oauth.par'])
const letThrough = new Set(['success', 'challenge'])

export function pkceGone(): Check {
  const clients = new Entities<Client>(MAX_PARTIES)
  return {
    rules: [rule],
    entities: { clients },
    events: { actions: [...asking], roles: serverRoles, outcomes: [...letThrough] },
    look(event) {
      if (!isOfServer(event) || !asking.has(text(event, FIELD.AUDIT_ACTION))) return []
      if (!letThrough.has(text(event, FIELD.AUDIT_OUTCOME))) return []
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      const posture = items(event, FIELD.OAUTH_POSTURE)
      const isWeak = posture.includes('no_pkce') || posture.includes('pkce_plain')
      if (client === '' || (!isWeak && text(event, FIELD.OAUTH_PKCE_METHOD) !== 'S256')) return []
      const known = clients.get(client) ?? { with: 0, without: 0, last: refOf(event) }
      const counts = isWeak ? { without: known.without + 1 } : { with: known.with + 1 }
      clients.set(client, { ...known, ...counts, ...(isWeak ? {} : { last: refOf(event) }) })
      if (!isWeak || known.with < MIN_SEEN) return []
      // One that does both, such as while its versions change, is not strange.
      if (known.without > 0 && known.with < 20 * known.without) return []
      return [
        found({
          ...{ rule: 0, group: [['oauth.client.id', client]], before: [known.last] },
          count: known.without + 1,
          words:
            `${known.with} authorization requests of this client had a challenge by S256; ` +
            'this one has none that protects',
        }),
      ]
    },
  }
}
