// Rows 11 and 26: one token, or one session, with two programs in two networks. A phone changes its
// network all day, and a program its version: only what changes both at once is somebody else.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { MAX_REMEMBERED } from '../limits.ts'
import {
  apiRole,
  isOfApi,
  isOfServer,
  items,
  networkOf,
  programOf,
  serverRoles,
  shortHash,
  text,
} from '../reading.ts'
import { remembered } from '../remembered.ts'
import { type Check, found, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import { LEARN_MS, MAX_ENTITIES, MAX_KNOWN, MIN_PAIRS, USUAL_SHARE } from './limits.ts'

const stolenToken: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2011',
  row: 11,
  title: 'Access token used from somewhere else by another program',
  description:
    'One access token came to the same API from another network and from another ' +
    'program than before.',
  level: 'high',
  attack: ['T1550.001'],
  references: ['RFC 9700 4.10', 'OWASP ASVS 5.0 10.3.5'],
  needs: [ATTR.OAUTH_TOKEN_HASH, ATTR.CLIENT_ADDRESS, ATTR.USER_AGENT_ORIGINAL],
  falsePositives: [
    'Services that pass a token on to each other; two programs that share one in ' +
      'twenty tokens of a client are how it works, and silent.',
  ],
}

const stolenSession: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2026',
  row: 26,
  title: 'Session used from somewhere else by another browser',
  description:
    'One session at the authorization server came from another network and from ' +
    'another browser than before: its cookie was copied, as a proxy between user ' +
    'and server does.',
  level: 'high',
  attack: ['T1539', 'T1557'],
  references: ['RFC 9700 4.10', 'OWASP ASVS 5.0 7.2'],
  needs: [ATTR.SESSION_ID, ATTR.CLIENT_ADDRESS, ATTR.USER_AGENT_ORIGINAL],
  falsePositives: ['A browser that is told to look like another one, while its network changes.'],
}

/** Where and by what it was used first, as short hashes; whether that was said of it. */
type Use = {
  readonly network: string
  readonly program: string
  readonly by: Ref
  readonly isSaid: boolean
}

/** Programs that shared a token of a client at a service, how often, and of how many tokens. */
type Sharing = {
  readonly sinceMs: number
  readonly tokens: number
  readonly pairs: readonly (readonly [pair: string, times: number])[]
}

export function stolenTokens(): Check {
  const uses = new Entities<Use>(MAX_ENTITIES)
  const sharing = new Entities<Sharing>(MAX_ENTITIES)
  return {
    rules: [stolenToken],
    entities: { uses, sharing },
    events: { roles: [apiRole] },
    look(event) {
      const [token] = items(event, ATTR.OAUTH_TOKEN_HASH)
      if (token === undefined || !isOfApi(event)) return []
      const service = text(event, ATTR.AUDIT_PRODUCER_SERVICE)
      const key = `${token} ${service}`
      const first = uses.get(key)
      const strange = strangeUse(uses, key, { event, first })
      if (first !== undefined && strange === null) return []
      const client = text(event, ATTR.OAUTH_CLIENT_ID)
      const known = sharing.get(`${client} ${service}`) ?? {
        ...{ sinceMs: event.atMs, tokens: 0, pairs: [] },
      }
      if (first === undefined)
        sharing.set(`${client} ${service}`, { ...known, tokens: known.tokens + 1 })
      if (strange === null) return []
      const times = known.pairs.find(([pair]) => pair === strange.pair)?.[1] ?? 0
      const pairs = counted(known.pairs, strange.pair)
      sharing.set(`${client} ${service}`, { ...known, pairs })
      const isUsual = times >= MIN_PAIRS && times >= USUAL_SHARE * known.tokens
      if (isUsual || event.atMs - known.sinceMs < LEARN_MS) return []
      return [
        saidOf(strange, [
          ['oauth.token.hash', token],
          ['oauth.client.id', client],
        ]),
      ]
    },
  }
}

/** Where a browser shows its session. */
const front = new Set([
  ...['oauth.authorize', 'oauth.login', 'oauth.consent', 'oauth.end_session'],
  'oauth.device_verification',
])

export function stolenSessions(): Check {
  const uses = new Entities<Use>(MAX_ENTITIES)
  return {
    rules: [stolenSession],
    entities: { uses },
    events: { actions: [...front], roles: serverRoles },
    look(event) {
      const session = text(event, ATTR.SESSION_ID)
      if (session === '' || !isOfServer(event)) return []
      if (!front.has(text(event, ATTR.AUDIT_ACTION))) return []
      const strange = strangeUse(uses, session, { event, first: uses.get(session) })
      return strange === null ? [] : [saidOf(strange, [['session.id', session]])]
    },
  }
}

interface Strange {
  readonly pair: string
  readonly by: Ref
}

/** Not under the token, for pairs are compared between tokens; '' where there is no program. */
const programHash = remembered(MAX_REMEMBERED, (userAgent) => {
  const program = programOf(userAgent)
  return program === '' ? '' : shortHash('program', program)
})

/** Both are new. Where only one is, it is the usual from now on; null. */
function strangeUse(
  uses: Entities<Use>,
  key: string,
  { event, first }: { readonly event: AuditEvent; readonly first: Use | undefined },
): Strange | null {
  const from = networkOf(text(event, ATTR.CLIENT_ADDRESS))
  const program = programHash(text(event, ATTR.USER_AGENT_ORIGINAL))
  if (from === '' || program === '') return null
  const network = shortHash(key, from)
  if (first === undefined || first.program === program || first.network === network) {
    const isSaid = first?.isSaid ?? false
    // A thief's use is no change of the owner's.
    if (!isSaid) uses.set(key, { network, program, by: refOf(event), isSaid })
    return null
  }
  if (first.isSaid) return null
  uses.set(key, { ...first, isSaid: true })
  return { pair: [first.program, program].toSorted().join(' '), by: first.by }
}

function counted(pairs: Sharing['pairs'], pair: string): Sharing['pairs'] {
  const at = pairs.findIndex(([known]) => known === pair)
  if (at < 0) return pairs.length >= MAX_KNOWN ? pairs : [...pairs, [pair, 1]]
  return pairs.with(at, [pair, pairs[at]![1] + 1])
}

function saidOf({ by }: Strange, group: readonly (readonly [string, string])[]): Found {
  return found({
    ...{ rule: 0, group, before: [by], count: 2 },
    words: 'came from a network and a program that are both new to it',
  })
}
