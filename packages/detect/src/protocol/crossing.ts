// Rows 5 and 13: two parties that each keep to their own, until one takes what is the other's.
// Which is whose is learned. A new address or audience is strange to nobody; one of another party
// is.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
import { apiRole, isOfApi, isOfClient, items, text } from '../reading.ts'
import { type Check, found, type Found, nothing, type CodedRule } from '../stateful.ts'
import { MAX_KNOWN, MAX_PARTIES, MIN_SEEN } from './limits.ts'

const mixUp: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f005',
  row: 5,
  title: 'Request of one issuer sent to the server of another',
  description:
    'A client that uses two issuers sent a request for the one to an address that ' +
    'only the other one has.',
  level: 'high',
  attack: ['T1557'],
  references: ['RFC 9700 4.4', 'OWASP ASVS 5.0 10.2.2'],
  needs: [ATTR.OAUTH_ISSUER, ATTR.SERVER_ADDRESS, 'records of clients'],
  falsePositives: ['Two issuers of which one moves to the machine of the other.'],
}

const foreignAudience: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f013',
  row: 13,
  title: 'API takes tokens of another API',
  description:
    'An API let in a token whose only audience is one that another API alone has ' +
    'used so far: it does not check the audience, and whoever runs the other API ' +
    'can use its tokens here.',
  level: 'high',
  attack: ['T1550.001'],
  references: ['RFC 9700 4.9', 'RFC 9068 4', 'OWASP ASVS 5.0 10.3.1'],
  needs: [ATTR.OAUTH_AUDIENCE, ATTR.AUDIT_PRODUCER_SERVICE, 'records of both APIs'],
  falsePositives: ['Two APIs that are made one.'],
}

/** How often each of the other side was seen. */
type Seen = readonly (readonly [name: string, times: number])[]

export function crossing(): Check {
  const sides = {
    issuers: new Entities<Seen>(MAX_PARTIES),
    addresses: new Entities<Seen>(MAX_PARTIES),
    services: new Entities<Seen>(MAX_PARTIES),
    audiences: new Entities<Seen>(MAX_PARTIES),
  }
  const issuers = [sides.issuers, sides.addresses] as const
  const audiences = [sides.services, sides.audiences] as const
  return {
    rules: [mixUp, foreignAudience],
    entities: sides,
    events: { roles: ['client', apiRole] },
    look(event) {
      if (isOfClient(event)) {
        const issuer = text(event, FIELD.OAUTH_ISSUER)
        const isStrange = isNew(issuers, issuer, text(event, FIELD.SERVER_ADDRESS))
        return isStrange ? ofMixUp(event) : nothing
      }
      if (text(event, FIELD.AUDIT_OUTCOME) !== 'success' || !isOfApi(event)) return nothing
      // What nobody validated says nothing of what the API takes; another rule says that.
      if (text(event, FIELD.OAUTH_ERROR_REASON) !== '') return nothing
      const named = items(event, FIELD.OAUTH_AUDIENCE)
      if (named.length !== 1) return nothing
      const service = text(event, FIELD.AUDIT_PRODUCER_SERVICE)
      return isNew(audiences, service, named[0]!) ? ofAudience(event) : nothing
    },
  }
}

type Sides = readonly [left: Entities<Seen>, right: Entities<Seen>]

/** Learns the pair, unless it crosses. A pair is learned only where it was not strange. */
function isNew([lefts, rights]: Sides, left: string, right: string): boolean {
  if (left === '' || right === '') return false
  const own = lefts.get(left) ?? unseen
  const owners = rights.get(right) ?? unseen
  const times = timesOf(own, right)
  // Nearly all pairs are settled on both sides: there is nothing to learn.
  if (times >= MIN_SEEN && timesOf(owners, left) >= MIN_SEEN) return false
  const isOwn = times > 0
  const isSettled = own.some(([, times]) => times >= MIN_SEEN)
  const [owner] = owners
  const isOthers = owners.length === 1 && owner![0] !== left && owner![1] >= MIN_SEEN
  if (!isOwn && isSettled && isOthers) return true
  learn(lefts, left, { seen: own, name: right })
  learn(rights, right, { seen: owners, name: left })
  return false
}

const unseen: Seen = []

function timesOf(seen: Seen, name: string): number {
  for (const one of seen) if (one[0] === name) return one[1]
  return 0
}

/** Once more; a pair that is settled is no news. */
function learn(
  of: Entities<Seen>,
  key: string,
  { name, seen }: { readonly seen: Seen; readonly name: string },
): void {
  const now = counted(seen, name)
  if (now !== seen) of.set(key, now)
}

function counted(seen: Seen, name: string): Seen {
  const at = seen.findIndex(([known]) => known === name)
  if (at < 0) return seen.length >= MAX_KNOWN ? seen : [...seen, [name, 1]]
  const times = seen[at]![1]
  return times >= MIN_SEEN ? seen : seen.with(at, [name, times + 1])
}

function ofMixUp(event: AuditEvent): Found[] {
  return [
    found({
      ...{ rule: 0, before: [], count: 1 },
      group: [
        ['oauth.client.id', text(event, FIELD.OAUTH_CLIENT_ID)],
        ['oauth.issuer', text(event, FIELD.OAUTH_ISSUER)],
      ],
      words:
        `a request for this issuer went to ${text(event, FIELD.SERVER_ADDRESS)}, which ` +
        'only another issuer has',
    }),
  ]
}

function ofAudience(event: AuditEvent): Found[] {
  const [audience] = items(event, FIELD.OAUTH_AUDIENCE)
  return [
    found({
      ...{ rule: 1, before: [], count: 1 },
      group: [
        ['audit.producer.service', text(event, FIELD.AUDIT_PRODUCER_SERVICE)],
        ['oauth.audience', audience!],
      ],
      words: 'a token was let in whose audience is that of another service alone',
    }),
  ]
}
