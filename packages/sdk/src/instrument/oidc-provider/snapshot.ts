// What a request showed, as plain data. Only what is named here is read; the library's objects hold
// secrets under harmless names (`jti` of an opaque token is the token, of a session the cookie).
import type { Endpoint, ServerFacts } from '../../facts.ts'
import type { RoleClaims } from '../claims.ts'
import { isObject, record, text } from '../unknown.ts'
import { httpFacts, type KoaContext, type Witnessed } from './context.ts'
import { pageError } from './device.ts'
import { actionOf, hasSucceeded, isLogoutDeclined } from './endpoints.ts'
import { errorFacts } from './error.ts'
import { exchangeFacts } from './exchange.ts'
import { refreshFacts, tokenFacts } from './issued.ts'
import { knownFacts } from './known.ts'
import { parameterFacts } from './parameters.ts'
import { presentedFacts } from './presented.ts'
import { proofFacts } from './proof.ts'
import { scopeFacts } from './scope.ts'
import { clientFacts, isDynamicClient, registeredClientId, userFacts } from './subject.ts'
import { type View, viewOf } from './view.ts'
import { isRefused, reasonFor } from './why.ts'

/**
 * The facts of an audited request, taken when its response is complete but not yet written.
 * `roleClaims` are paths to the claims of an access token that name roles.
 */
export function snapshot(
  endpoint: Endpoint,
  ctx: KoaContext,
  seen: Witnessed,
  roleClaims: RoleClaims = [],
): ServerFacts {
  const view = viewOf(endpoint, ctx, seen)
  const { entities, oidc } = view
  const error = errorFacts(seen.thrown ?? seen.error) ?? pageError(view)
  const presented = presentedFacts(view)
  const reason = reasonFor(view, presented, error)
  const user = userFacts(view, roleClaims)
  // Member by member: what follows a spread costs a copy of the object each few members.
  const facts: ServerFacts = {
    kind: 'server',
    action: actionOf(endpoint),
    library: 'oidc-provider',
    endpoint,
    issuer: text(oidc.issuer),
    atS: view.atS,
    http: httpFacts(ctx, seen),
    parameters: parameterFacts(view),
    known: knownFacts(view),
    client: clientFacts(view),
    accountId: user.accountId,
    sessionUid: user.sessionUid,
    grantIds: user.grantIds,
    authTimeS: user.authTimeS,
    acr: user.acr,
    amr: user.amr,
    roles: user.roles,
    actors: user.actors,
    succeeded: hasSucceeded(endpoint, ctx, seen),
    isRefused: isLogoutDeclined(endpoint, ctx) || isRefused(view, error, reason),
    error,
    reason,
    scope: scopeFacts(view),
    consented: isObject(record(oidc.result ?? record(entities.Interaction).result).consent),
    tokens: tokenFacts(view),
    presented,
    refresh: refreshFacts(view),
    exchange: exchangeFacts(view),
    proof: proofFacts(view),
    grantRevoked: seen.events.has('grant.revoked'),
    registeredClientId: registeredClientId(view),
    isDynamicClient: isDynamicClient(view),
  }
  const saysIssuer = isIssuerSaid(view)
  return saysIssuer === null ? facts : { ...facts, saysIssuer }
}

/**
 * Whether the authorization response says who it is from: itself, in its ID token, or in a JWT.
 * null: it is none.
 */
function isIssuerSaid({ endpoint, oidc, seen }: View): boolean | null {
  const answer = seen.events.get('authorization.success')
  if ((endpoint !== 'authorization' && endpoint !== 'resume') || !isObject(answer)) return null
  const { iss, id_token } = record(answer)
  const isJwt = text(oidc.responseMode)?.includes('jwt') === true
  return isJwt || text(iss) !== null || text(id_token) !== null
}
