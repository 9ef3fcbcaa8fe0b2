// Row 22: another party acts for users than those that a client has always exchanged tokens for.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import { FIELD } from '../field.ts'
import { isDone, isOfServer, items, serverRoles, shortHash, text } from '../reading.ts'
import { type Check, found, type CodedRule } from '../stateful.ts'
import { MAX_PARTIES, MIN_EXCHANGES } from './limits.ts'

const rule: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f022',
  row: 22,
  title: 'New actor in a token exchange',
  description:
    'A client whose exchanges always named the same few actors got a token for another one.',
  level: 'medium',
  attack: ['T1550.001'],
  references: ['RFC 8693 4.1', 'RFC 8693 5'],
  needs: [ATTR.OAUTH_ACTOR_CHAIN, ATTR.OAUTH_GRANT_TYPE],
  falsePositives: [
    'A service that begins to act for users. People as actors are many: none is new.',
  ],
}

/** Actors are hashes: they may be people. */
type Client = { readonly exchanges: number; readonly actors: readonly string[] }

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** A client with more actors has no few. */
const fewActors = 4

export function newActor(): Check {
  const clients = new Entities<Client>(MAX_PARTIES)
  return {
    rules: [rule],
    entities: { clients },
    events: { actions: ['oauth.token'], roles: serverRoles, outcomes: ['success'] },
    look(event) {
      if (!isOfServer(event) || !isDone(event, 'oauth.token')) return []
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      const actors = items(event, FIELD.OAUTH_ACTOR_CHAIN)
      if (text(event, FIELD.OAUTH_GRANT_TYPE) !== exchange || client === '') return []
      const known = clients.get(client) ?? { exchanges: 0, actors: [] }
      const actor = shortHash(client, actors[0] ?? '')
      const isNew = !known.actors.includes(actor)
      const actorsNow = isNew ? [...known.actors, actor].slice(0, fewActors + 1) : known.actors
      clients.set(client, {
        exchanges: Math.min(known.exchanges + 1, MIN_EXCHANGES),
        actors: actorsNow,
      })
      const isFew = known.actors.length <= fewActors - 1
      if (!isNew || !isFew || known.exchanges < MIN_EXCHANGES) return []
      return [
        found({
          ...{ rule: 0, group: [['oauth.client.id', client]], before: [], count: 1 },
          words:
            `first exchange for this actor, after ${known.exchanges} or more for ` +
            `${known.actors.length} others`,
        }),
      ]
    },
  }
}
