// Rows 11 and 26: one token, or one session, with two programs in two networks. A phone changes its
// network all day, and a program its version: only what changes both at once is somebody else.
import { ATTR } from '@grantlog/record'
import { DetectError } from '../codes.ts'
import { Entities, type Form } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
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
import { remembered, rememberedOfTwo } from '../remembered.ts'
import {
  type Check,
  found,
  type Found,
  nothing,
  type Ref,
  refOf,
  type CodedRule,
} from '../stateful.ts'
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

/** Where and by what it was used at a service, as short hashes; whether that was said of it. */
type Use = {
  service: string
  /** null: not asked for since it changed. */
  network: string | null
  /** The network itself, in memory alone; null: it was not seen since the last start. */
  from: string | null
  program: string
  by: Ref
  isSaid: boolean
}

/** Most uses end before a snapshot asks for the hash of where they were. */
const usesForm: Form<Use[]> = {
  encode: (uses, key) =>
    uses.map((use) => {
      const { by, isSaid, program, service } = use
      return { service, network: networkHash(use, key), program, by, isSaid }
    }),
  decode: (value) => {
    if (!Array.isArray(value)) throw new DetectError('SNAPSHOT_MALFORMED', 'uses are no list')
    return (value as Omit<Use, 'from'>[]).map((use) => ({ ...use, from: null }))
  },
}

function networkHash(use: Use, key: string): string {
  use.network ??= shortHash(`${key} ${use.service}`, use.from ?? '')
  return use.network
}

/** Programs that shared a token of a client at a service, how often, and of how many tokens. */
type Sharing = {
  readonly sinceMs: number
  tokens: number
  pairs: readonly (readonly [pair: string, times: number])[]
}

const sharingForm: Form<Sharing> = {
  encode: (sharing) => ({ ...sharing }),
  decode: (value) => ({ ...(value as Sharing) }),
}

export function stolenTokens(): Check {
  const uses = new Entities(MAX_ENTITIES, usesForm)
  const sharing = new Entities(MAX_ENTITIES, sharingForm)
  return {
    rules: [stolenToken],
    entities: { uses, sharing },
    events: { roles: [apiRole] },
    look(event) {
      const token = items(event, FIELD.OAUTH_TOKEN_HASH)[0]
      if (token === undefined || !isOfApi(event)) return nothing
      const service = text(event, FIELD.AUDIT_PRODUCER_SERVICE)
      const { isFirst, strange } = used(uses, { entity: token, service }, event)
      if (!isFirst && strange === null) return nothing
      const client = text(event, FIELD.OAUTH_CLIENT_ID)
      const known = sharingOf(sharing, clientAt(client, service), event)
      if (isFirst) known.tokens++
      if (strange === null) return nothing
      const times = known.pairs.find(([pair]) => pair === strange.pair)?.[1] ?? 0
      known.pairs = counted(known.pairs, strange.pair)
      const isUsual = times >= MIN_PAIRS && times >= USUAL_SHARE * known.tokens
      if (isUsual || event.atMs - known.sinceMs < LEARN_MS) return nothing
      return [
        saidOf(strange, [
          ['oauth.token.hash', token],
          ['oauth.client.id', client],
        ]),
      ]
    },
  }
}

const clientAt = rememberedOfTwo(MAX_REMEMBERED, (client, service) => `${client} ${service}`)

function sharingOf(all: Entities<Sharing>, key: string, { atMs }: AuditEvent): Sharing {
  const known = all.get(key)
  if (known !== undefined) return known
  const begun = { sinceMs: atMs, tokens: 0, pairs: [] }
  all.set(key, begun)
  return begun
}

/** Where a browser shows its session. */
const front = new Set([
  ...['oauth.authorize', 'oauth.login', 'oauth.consent', 'oauth.end_session'],
  'oauth.device_verification',
])

export function stolenSessions(): Check {
  const uses = new Entities(MAX_ENTITIES, usesForm)
  return {
    rules: [stolenSession],
    entities: { uses },
    events: { actions: [...front], roles: serverRoles },
    look(event) {
      const session = text(event, FIELD.SESSION_ID)
      if (session === '' || !isOfServer(event)) return []
      if (!front.has(text(event, FIELD.AUDIT_ACTION))) return []
      const { strange } = used(uses, { entity: session, service: '' }, event)
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

interface Used {
  /** At this service; also where nothing says where it was. */
  readonly isFirst: boolean
  readonly strange: Strange | null
}
const usual: Used = { isFirst: false, strange: null }
const first: Used = { isFirst: true, strange: null }

/** Of a token, or a session, at a service. */
function used(
  uses: Entities<Use[]>,
  { entity, service }: { readonly entity: string; readonly service: string },
  event: AuditEvent,
): Used {
  const all = uses.get(entity)
  const known = useAt(all, service)
  const from = networkOf(text(event, FIELD.CLIENT_ADDRESS))
  const program = programHash(text(event, FIELD.USER_AGENT_ORIGINAL))
  const isTold = from !== '' && program !== ''
  if (known === undefined) {
    const use = { service, network: null, from, program, by: refOf(event), isSaid: false }
    if (isTold && all === undefined) uses.set(entity, [use])
    // One that is used at more services is told by none of the others.
    else if (all !== undefined && all.length >= MAX_KNOWN) return usual
    else if (isTold) all!.push(use)
    return first
  }
  if (!isTold || known.isSaid) return usual
  if (known.program !== program && !isIn(known, from, entity)) {
    known.isSaid = true
    const pair = [known.program, program].toSorted().join(' ')
    return { isFirst: false, strange: { pair, by: known.by } }
  }
  // Where only one is new, it is the usual from now on.
  if (known.from !== from) known.network = null
  known.from = from
  known.program = program
  known.by = refOf(event)
  return usual
}

function useAt(uses: readonly Use[] | undefined, service: string): Use | undefined {
  if (uses === undefined) return undefined
  for (const use of uses) if (use.service === service) return use
  return undefined
}

function isIn(use: Use, from: string, entity: string): boolean {
  if (use.from !== null) return use.from === from
  return use.network === shortHash(`${entity} ${use.service}`, from)
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
