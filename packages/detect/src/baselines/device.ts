// Row 16: a user confirms the device of somebody else. Who polls for the tokens is where the user
// is not, which a television at home and a phone on the street are, too: one sign is not enough.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
import {
  isDone,
  isOfServer,
  items,
  networkOf,
  programOf,
  serverRoles,
  shortHash,
  text,
} from '../reading.ts'
import { type Check, found, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import { BEGUN_ROOM, LEARN_MS, MANY_USERS, MAX_ENTITIES, MAX_KNOWN, MIN_GRANTS } from './limits.ts'

const rule: CodedRule = {
  id: '7c1e0b94-2f6a-4d53-8e7b-4a9d3c5e2016',
  row: 16,
  title: 'Device confirmed for somebody else',
  description:
    'The device that got the tokens is in another network than the user who ' +
    'confirmed it, and one more sign says that it is not theirs: its client never ' +
    'used the flow, the program is none that polls for this client, the user was ' +
    'never in its network, or it polls for many users.',
  level: 'high',
  attack: ['T1528', 'T1566.002'],
  references: ['RFC 8628 5.4', 'RFC 8628 5.5'],
  needs: [ATTR.OAUTH_GRANT_ID_HASH, ATTR.CLIENT_ADDRESS],
  falsePositives: ['A new television in a place where its user has never logged in before.'],
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/** Networks are hashes under what they are kept of. */
type Confirmed = { readonly network: string; readonly user: string; readonly by: Ref }
type Known = readonly string[]
type Programs = { readonly grants: number; readonly programs: Known }

export function devicePhishing(): Check {
  const parts = {
    confirmed: new Entities<Confirmed>(MAX_ENTITIES),
    /** Networks of a user. */
    networks: new Entities<Known>(MAX_ENTITIES),
    /**
     * Users whom an address polls for without being where they are; or that it is somebody's home.
     */
    pollers: new Entities<Known>(MAX_ENTITIES),
    /** Programs that got tokens by the flow, of a client. */
    clients: new Entities<Programs>(MAX_ENTITIES),
    begun: new Entities<number>(BEGUN_ROOM),
  }
  return {
    rules: [rule],
    entities: parts,
    events: { roles: serverRoles },
    look(event) {
      if (!isOfServer(event)) return []
      const startMs = parts.begun.get('') ?? event.atMs
      if (startMs === event.atMs) parts.begun.set('', startMs)
      learn(parts, event)
      const isGiven =
        text(event, FIELD.OAUTH_GRANT_TYPE) === deviceGrant && isDone(event, 'oauth.token')
      if (!isGiven) return []
      return judged(parts, event, event.atMs - startMs >= LEARN_MS)
    },
  }
}

/** Of an address where a user is, too: many may be, such as in an office. */
const HOME = 'home'

interface Parts {
  readonly confirmed: Entities<Confirmed>
  readonly networks: Entities<Known>
  readonly pollers: Entities<Known>
  readonly clients: Entities<Programs>
}

/** Where a browser is, its user is. */
const front = new Set([
  'oauth.authorize',
  'oauth.login',
  'oauth.consent',
  'oauth.device_verification',
])

function learn({ confirmed, networks }: Parts, event: AuditEvent): void {
  const action = text(event, FIELD.AUDIT_ACTION)
  if (!front.has(action) || !isDone(event, action)) return
  const user = text(event, FIELD.USER_HASH)
  const from = networkOf(text(event, FIELD.CLIENT_ADDRESS))
  if (user === '' || from === '') return
  networks.set(user, withOne(networks.get(user) ?? [], shortHash(user, from)))
  if (action !== 'oauth.device_verification') return
  const what = { network: shortHash(user, from), user, by: refOf(event) }
  for (const grant of items(event, FIELD.OAUTH_GRANT_ID_HASH)) confirmed.set(grant, what)
  confirmed.set(`${user} ${text(event, FIELD.OAUTH_CLIENT_ID)}`, what)
}

function judged(parts: Parts, event: AuditEvent, isLearned: boolean): Found[] {
  const { confirmed, networks, pollers, clients } = parts
  const client = text(event, FIELD.OAUTH_CLIENT_ID)
  const address = text(event, FIELD.CLIENT_ADDRESS)
  const [grant = ''] = items(event, FIELD.OAUTH_GRANT_ID_HASH)
  const user = text(event, FIELD.USER_HASH)
  const by = confirmed.get(grant) ?? confirmed.get(`${user} ${client}`)
  const used = clients.get(client) ?? { grants: 0, programs: [] }
  const isFirst = isLearned && used.grants === 0
  const program = shortHash(client, programOf(text(event, FIELD.USER_AGENT_ORIGINAL)))
  const isOther = used.grants >= MIN_GRANTS && !used.programs.includes(program)
  // Nothing is learned from what may be a thief.
  const programs = isOther ? used.programs : withOne(used.programs, program)
  clients.set(client, { grants: Math.min(used.grants + 1, MIN_GRANTS), programs })
  if (by === undefined || networkOf(address) === '') return []
  const poller = shortHash('poller', address)
  const from = shortHash(by.user, networkOf(address))
  const isSame = from === by.network
  const polled = withOne(pollers.get(poller) ?? [], isSame ? HOME : shortHash(poller, by.user))
  pollers.set(poller, polled)
  if (isSame) return []
  const signs = [
    isOther ? 'a program that no device of this client is' : '',
    isFirst ? 'the first tokens of its client by this flow' : '',
    networks.get(by.user)?.includes(from) === true ? '' : 'in a network where the user never was',
    polled.length >= MANY_USERS && !polled.includes(HOME)
      ? `polling for ${polled.length} users`
      : '',
  ].filter((sign) => sign !== '')
  if (signs.length < 2) return []
  return [
    found({
      ...{ rule: 0, before: [by.by], count: 2 },
      group: [
        ['oauth.client.id', client],
        ['user.hash', by.user],
      ],
      words: `confirmed in one network, given to a device in another: ${signs.join(', ')}`,
    }),
  ]
}

function withOne(known: Known, value: string): Known {
  return known.includes(value) ? known : [...known, value].slice(-MAX_KNOWN)
}
