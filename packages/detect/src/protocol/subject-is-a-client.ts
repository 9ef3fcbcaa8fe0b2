// Row 28: the identifier of a client and that of a user are the same. Identifiers of users are
// looked at here, and kept as short hashes alone.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import { FIELD } from '../field.ts'
import { isOfServer, rememberedHash, serverRoles, text } from '../reading.ts'
import { type Check, found, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import { MAX_PARTIES, MAX_USERS } from './limits.ts'

const rule: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f028',
  row: 28,
  title: 'A client and a user have the same identifier',
  description:
    'A client was registered, or used, whose identifier is the subject of a user, ' +
    'or a user logged in whose subject is that of a client. Whoever reads the ' +
    'subject alone takes the one for the other.',
  level: 'high',
  attack: ['T1036', 'T1078'],
  references: ['RFC 9700 4.15', 'RFC 9068 5'],
  needs: [ATTR.USER_ID, ATTR.OAUTH_CLIENT_ID],
  falsePositives: ['None that we know; a server must keep the two apart.'],
}

export function subjectIsAClient(): Check {
  const clients = new Entities<Ref>(MAX_PARTIES)
  const users = new Entities<Ref>(MAX_USERS)
  return {
    rules: [rule],
    entities: { clients, users },
    events: { roles: serverRoles, outcomes: ['success'] },
    look(event) {
      if (!isOfServer(event) || text(event, FIELD.AUDIT_OUTCOME) !== 'success') return []
      const user = text(event, FIELD.USER_ID)
      const isOfClient = text(event, FIELD.AUDIT_TARGET_TYPE) === 'client'
      const client = text(event, isOfClient ? FIELD.AUDIT_TARGET_ID : FIELD.OAUTH_CLIENT_ID)
      const isForItself = text(event, FIELD.OAUTH_GRANT_TYPE) === 'client_credentials'
      const said: Found[] = []
      const check = (name: string, others: Entities<Ref>, own: Entities<Ref>): void => {
        if (name === '') return
        const key = rememberedHash('subject', name)
        // Each is told when it is new, not in each of its requests.
        if (own.get(key) !== undefined) return
        own.set(key, refOf(event))
        const other = others.get(key)
        if (other === undefined) return
        said.push(
          found({
            ...{ rule: 0, before: [other], count: 1 },
            group: client === '' ? [] : [['oauth.client.id', client]],
            words: 'the identifier of a client is that of a user',
          }),
        )
      }
      check(client, users, clients)
      if (!isForItself) check(user, clients, users)
      return said
    },
  }
}
