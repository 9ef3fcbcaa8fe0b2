// Who may enrol a key by an access token: as senders' tokens are checked, with a scope and a list
// of clients of its own. Proven by enrolment/by-token.test.ts.
import { createHash } from 'node:crypto'
import { ReceiverError } from '../codes.ts'
import type { Enrolling } from '../flow.ts'
import type { EnrollingClient } from './options.ts'
import {
  type Beside,
  createTokens,
  type Tokens,
  type TokensParts,
  type TrustedIssuer,
} from './token.ts'

const DEFAULT_ENROL_SCOPE = 'audit:enrol'

export interface EnrollingClients extends Pick<Tokens, 'forget'> {
  /** Errors: those of Tokens, RECEIVER_CALLER_FORBIDDEN. */
  check(token: string, beside: Beside): Promise<Enrolling>
}

/** Null where no issuer has clients that enrol; else all are known, to be told apart. */
export function createEnrolling(
  issuers: ReadonlyMap<string, TrustedIssuer>,
  parts: TokensParts,
): EnrollingClients | null {
  const named = new Map<string, TrustedIssuer>()
  for (const [url, { keys, options }] of issuers) {
    const { enrol = [], enrolScope: scope = DEFAULT_ENROL_SCOPE } = options
    const clients = enrol.map(({ client }) => client)
    named.set(url, { keys, options: { ...options, scope, clients } })
  }
  if ([...named.values()].every(({ options }) => options.clients?.length === 0)) return null
  const tokens = createTokens(named, parts)
  const find = (issuer: string, client: string): EnrollingClient | undefined =>
    named.get(issuer)?.options.enrol?.find((each) => each.client === client)
  return {
    async check(token, beside) {
      const caller = await tokens.check(token, beside)
      const { client, issuer } = caller
      const mapped = find(issuer, client)
      if (mapped === undefined) throw new ReceiverError('RECEIVER_CALLER_FORBIDDEN')
      const { issuers: about = [], roles, service, tenant } = mapped
      const ofTenant = tenant === undefined ? caller : { ...caller, tenant }
      const ath = createHash('sha256').update(token).digest('base64url')
      return { caller: ofTenant, client, issuer, ath, service, roles, issuers: about }
    },
    forget: tokens.forget,
  }
}
