// Security Event Tokens (RFC 8417) that ask an authorization server to end a session: the event
// `session-revoked` of OpenID CAEP 1.0 (3.1), pushed as RFC 8935 has it. The session is named by
// its keyed hash, `session.id` of the records: whoever has the hash keys can find it, and nobody
// else. See channels.test.ts, and test/flow/session-revoked.test.ts for a server that takes it.
import type { FindingLevel } from '@grantlog/ledger'
import { type CryptoKey, SignJWT } from 'jose'
import type { FindingState } from '../finding-state.ts'
import { jcsBytes } from '@grantlog/record'
import { uuidOf } from '../uuid.ts'
import { type Channel, type Notice, pageOf } from './channel.ts'

export const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

export interface SigningKey {
  readonly key: CryptoKey
  readonly alg: string
  readonly kid: string
}

export interface SecurityEventOptions {
  readonly name: string
  /** The receiver's endpoint for pushed events. */
  readonly url: string
  readonly level: FindingLevel
  /** Rules whose findings are sent, by id; empty: all of the level. */
  readonly rules: readonly string[]
  readonly issuer: string
  readonly audience: string
  readonly signer: SigningKey
  /** Such as `Bearer …`. */
  readonly authorization?: string | undefined
  readonly consoleUrl?: string | undefined
  /** The keyed hash of the session that a finding is about; null: of none. */
  readonly sessionOf: (finding: FindingState) => Promise<string | null>
}

export function securityEvents(options: SecurityEventOptions): Channel {
  const { authorization, level, name, rules, url } = options
  return {
    ...{ name, type: 'security-events', url, level, kinds: ['found', 'again'], noticesMax: 1 },
    async request([notice], now) {
      if (notice === undefined) return null
      if (rules.length > 0 && !rules.includes(notice.finding.rule.id)) return null
      const session = await options.sessionOf(notice.finding)
      if (session === null) return null
      const body = await tokenOf(notice, { ...options, session, now })
      const headers = {
        'content-type': 'application/secevent+jwt',
        accept: 'application/json',
        ...(authorization !== undefined && { authorization }),
      }
      return { headers, body }
    },
  }
}

function tokenOf(
  { finding, index }: Notice,
  options: SecurityEventOptions & { readonly session: string; readonly now: number },
): Promise<string> {
  const { audience, consoleUrl, issuer, now, session, signer } = options
  const { lastAt, rule } = finding
  const page = pageOf(consoleUrl, finding)
  const event = {
    event_timestamp: Math.floor(lastAt / 1_000),
    initiating_entity: 'policy',
    reason_admin: { en: `${rule.title}${page === undefined ? '' : ` (${page})`}` },
  }
  return new SignJWT({
    sub_id: { format: 'complex', session: { format: 'opaque', id: session } },
    txn: finding.id,
    events: { [SESSION_REVOKED]: event },
  })
    .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: 'secevent+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(Math.floor(now / 1_000))
    .setJti(uuidOf(jcsBytes(['grantlog-security-event-v1', finding.id, index])))
    .sign(signer.key)
}
