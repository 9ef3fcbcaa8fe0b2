// Row 7: a client asks who somebody is with a token that was given to another client. A client that
// takes such a token for a log-in lets in whoever runs the other one (RFC 9700 4.6).
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import { FIELD } from '../field.ts'
import { isDone, isOfClient, items, text } from '../reading.ts'
import { type Check, found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import { MAX_TOKENS } from './limits.ts'

const rule: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f007',
  row: 7,
  title: 'Log-in with the access token of another client',
  description:
    'A client asked for user info with an access token that was given to another client.',
  level: 'high',
  attack: ['T1550.001'],
  references: ['RFC 9700 4.6', 'OWASP ASVS 5.0 10.5.1'],
  needs: [ATTR.OAUTH_TOKEN_HASH, ATTR.OAUTH_CLIENT_ID, 'records of clients'],
  falsePositives: ['A backend that asks in the name of its front, with a client id of its own.'],
}

type Issued = { readonly client: string; readonly by: Ref }

export function tokenOfAnotherClient(): Check {
  const tokens = new Entities<Issued>(MAX_TOKENS)
  return {
    rules: [rule],
    entities: { tokens },
    events: { actions: ['oauth.token', 'oauth.userinfo'], outcomes: ['success'] },
    look(event) {
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      const hashes = items(event, FIELD.OAUTH_TOKEN_HASH)
      if (client === '' || hashes.length === 0) return []
      if (isDone(event, 'oauth.token')) {
        for (const hash of hashes) tokens.set(hash, { client, by: refOf(event) })
        return []
      }
      if (!isOfClient(event) || !isDone(event, 'oauth.userinfo')) return []
      const issued = hashes.map((hash) => tokens.get(hash)).find((one) => one !== undefined)
      if (issued === undefined || issued.client === client) return []
      return [
        found({
          ...{ rule: 0, before: [issued.by], count: 1 },
          group: [
            ['oauth.client.id', client],
            ['oauth.token.hash', hashes[0]!],
          ],
          words: `asked for user info with a token that was given to the client ${issued.client}`,
        }),
      ]
    },
  }
}
