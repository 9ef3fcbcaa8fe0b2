// What the record of a call of openid-client says.
import type { RoleClaims } from '../claims.ts'
import type { CallFacts } from '../../facts.ts'
import { subjectOf } from '../client-call/answer.ts'
import { libraryFacts } from '../client-call/facts.ts'
import { issuerSaid } from '../client-call/issuer.ts'
import type { SeenCall, Tell } from '../client-call/library.ts'
import { isMisuse, libraryFailure } from '../oauth4webapi/error.ts'
import { attempt, record, text } from '../unknown.ts'
import type { CallKind } from './calls.ts'
import { configurationOf, endpointsIn, showClient } from './configuration.ts'

/** Of a call that never became a request nothing is told. */
export function tellOf(kind: CallKind, roleClaims: RoleClaims): Tell {
  return (seen) => {
    const { exchanges, error, hasFailed } = seen
    if (hasFailed && exchanges.length === 0 && isMisuse(error)) return null
    const about = isAboutResponse(kind, seen) ? responseKind : kind
    return { action: about.action, facts: () => factsOf(about, seen, roleClaims) }
  }
}

/** The response to the authorization request: no request carries it. */
const responseKind: CallKind = {
  action: 'oauth.authorize',
  endpoint: null,
  form: () => new URLSearchParams(),
}

const responseReasons = new Set(['state_mismatch', 'issuer_mismatch'])

/**
 * authorizationCodeGrant() first checks the authorization server's response in the URL. What fails
 * there never comes to the token endpoint.
 */
function isAboutResponse(
  { form }: CallKind,
  { args, exchanges, error, hasFailed }: SeenCall,
): boolean {
  if (!hasFailed || form(args).get('grant_type') !== 'authorization_code') return false
  if (exchanges.some(({ method }) => method === 'POST')) return false
  if (record(error).name === 'AuthorizationResponseError') return true
  const { reason, by } = libraryFailure(error)
  return by === 'client' && (exchanges.length === 0 || responseReasons.has(reason ?? ''))
}

function factsOf(kind: CallKind, seen: SeenCall, roleClaims: RoleClaims): CallFacts {
  const { args, exchanges, result, error, hasFailed } = seen
  const configuration = configurationIn(kind, seen)
  const { server, client } = configurationOf(configuration)
  const isResponse = kind.action === 'oauth.authorize'
  const facts = libraryFacts({
    action: kind.action,
    library: 'openid-client',
    issuer: text(server.issuer),
    clientId: text(client.client_id) ?? (kind.action === 'oauth.discovery' ? text(args[1]) : null),
    authMethod: text(client.token_endpoint_auth_method),
    endpoints: endpointsIn(server, kind.endpoint),
    // Of these the only requests are for keys.
    exchanges: isResponse ? [] : exchanges,
    form: kind.form(args),
    answer: record(result),
    error: hasFailed ? libraryFailure(error) : null,
    roleClaims,
  })
  showClient(configuration, facts.clientId)
  // Validated, and decrypted if need be.
  const claims = attempt(() => (result as { claims?: () => unknown }).claims?.())
  const isCode = !isResponse && facts.parameters.grantType === 'authorization_code'
  const response = isCode ? issuerSaid(args[1]) : {}
  return { ...facts, ...response, subject: subjectOf(claims) ?? facts.subject }
}

/** These two functions make the Configuration that all others are given. */
function configurationIn({ action }: CallKind, { args, result }: SeenCall): unknown {
  const isMaking = action === 'oauth.discovery' || action === 'oauth.register'
  return isMaking ? result : args[0]
}
