// Row 1, where the server did not notice: a grant got tokens for more codes than were made for it.
// Records name no code, not even by its hash, so codes are counted by grant.
import { ATTR } from '@grantlog/record'
import { Entities } from '../entities.ts'
import type { AuditEvent } from '../event.ts'
import { FIELD } from '../field.ts'
import { isDone, isOfServer, items, networkOf, programOf, shortHash, text } from '../reading.ts'
import { type Check, type Found, type Ref, refOf, type CodedRule } from '../stateful.ts'
import { CODE_RETRY_MS, MAX_CODES, MAX_GRANTS } from './limits.ts'

const rule: CodedRule = {
  id: '5d8f7a52-3c1e-4b0d-9a46-0e2c7b61f001',
  row: 1,
  title: 'Code redeemed again, and accepted',
  description:
    'A grant got tokens for one code more than was made for it, from another place ' +
    'or a while later.',
  level: 'critical',
  attack: ['T1528', 'T1550.001'],
  references: ['RFC 6749 4.1.2', 'RFC 9700 4.5', 'OWASP ASVS 5.0 10.4.2'],
  needs: [ATTR.OAUTH_GRANT_ID_HASH, 'records of the authorization endpoint, too'],
  falsePositives: ['A server whose records of authorizations are hours late or lost.'],
}

type Grant = {
  /** Codes that were made and not redeemed; below 0: redeemed more often than made. */
  readonly open: number
  readonly lastMs: number
  readonly lastFrom: string
  readonly last: Ref | null
}

export function codeRedeemedTwice(): Check {
  const grants = new Entities<Grant>(MAX_GRANTS)
  return {
    rules: [rule],
    entities: { grants },
    look(event) {
      if (!isOfServer(event)) return []
      const [grant] = items(event, FIELD.OAUTH_GRANT_ID_HASH)
      if (grant === undefined) return []
      if (isDone(event, 'oauth.authorize')) made(grants, grant)
      const isCode = text(event, FIELD.OAUTH_GRANT_TYPE) === 'authorization_code'
      return isCode && isDone(event, 'oauth.token') ? redeemed(grants, grant, event) : []
    },
    holds(grant) {
      const known = grants.get(grant)
      // An authorization that came late has paid for it.
      if (known === undefined || known.open >= 0) return false
      // Said once: the next code is counted afresh.
      grants.set(grant, { ...known, open: 0 })
      return true
    },
  }
}

function made(grants: Entities<Grant>, grant: string): void {
  const known = grants.get(grant) ?? { open: 0, lastMs: 0, lastFrom: '', last: null }
  grants.set(grant, { ...known, open: Math.min(known.open + 1, MAX_CODES) })
}

function redeemed(grants: Entities<Grant>, grant: string, event: AuditEvent): Found[] {
  const known = grants.get(grant)
  // It began before we were there.
  if (known === undefined) return []
  const from = placeOf(event, grant)
  const isRetry = from === known.lastFrom && event.atMs - known.lastMs <= CODE_RETRY_MS
  // What the server tolerates costs no code.
  if (known.open <= 0 && isRetry) return []
  grants.set(grant, {
    open: known.open - 1,
    lastMs: event.atMs,
    lastFrom: from,
    last: refOf(event),
  })
  if (known.open > 0 || known.last === null) return []
  return [
    {
      ...{ rule: 0, count: 2, before: [known.last], settle: grant },
      group: [
        ['oauth.client.id', text(event, FIELD.OAUTH_CLIENT_ID)],
        ['oauth.grant.id_hash', grant],
      ],
      words: 'tokens were given for one code more than was made for this grant',
    },
  ]
}

function placeOf(event: AuditEvent, grant: string): string {
  const network = networkOf(text(event, FIELD.CLIENT_ADDRESS))
  const program = programOf(text(event, FIELD.USER_AGENT_ORIGINAL))
  return shortHash(grant, `${text(event, FIELD.OAUTH_CLIENT_ID)}\n${network}\n${program}`)
}
