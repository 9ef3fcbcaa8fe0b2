// Who acted, and whom it concerns. These are two things: who introspects a token is not its user,
// and who presents a code need not be the one it was made for. Who acted is told only when proven.
import { ATTR } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { ClientFacts, Endpoint, ErrorFacts, ServerFacts } from '../facts.ts'
import { describeActors } from './delegation.ts'
import { list } from './list.ts'
import type { Outcome } from './outcome.ts'
import { reasonOf } from './reason.ts'
import { integer, keyIdOf, type Told, type Value } from './value.ts'

type Actor = 'user' | 'client' | 'anonymous'

/** Actor, user, session, grant and client of a request. */
export function describeWho(
  told: Told,
  facts: ServerFacts,
  outcome: Outcome,
  hashes: Hashes,
): void {
  const { accountId, client, sessionUid, grantIds } = facts
  const userHash = accountId === null ? null : hashes.person(accountId)
  const grants = grantIds.map(hashes.person).filter((hash) => hash !== null)
  const actor = actorOf(facts, outcome)
  told.add(ATTR.AUDIT_ACTOR_TYPE, actor)
  told.add(
    ATTR.AUDIT_ACTOR_ID,
    actor === 'user' ? userHash : actor === 'client' ? client?.id : null,
  )
  told.add(ATTR.AUDIT_TARGET_TYPE, facts.registeredClientId && 'client')
  told.add(ATTR.AUDIT_TARGET_ID, facts.registeredClientId)
  told.add(ATTR.USER_ID, accountId)
  told.add(ATTR.USER_HASH, userHash)
  told.add(ATTR.USER_ROLES, list(facts.roles))
  told.add(ATTR.SESSION_ID, sessionUid === null ? null : hashes.person(sessionUid))
  told.add(ATTR.OAUTH_GRANT_ID_HASH, list(grants))
  // As the request claimed: whether it was proven, the actor says.
  describeClient(told, nameless(facts), authenticating.has(facts.endpoint))
  told.add(ATTR.OAUTH_CLIENT_ASSERTION_KID, provenKeyId(facts))
  told.add(ATTR.OAUTH_CLIENT_REGISTRATION_TYPE, facts.isDynamicClient ? 'dcr' : null)
  describeActors(told, facts.actors)
  told.add(ATTR.OAUTH_AUTH_TIME, integer(facts.authTimeS))
  told.add(ATTR.OAUTH_AUTH_ACR, facts.acr)
  told.add(ATTR.OAUTH_AUTH_AMR, list(facts.amr))
}

/** A client that named itself may have any name, that of a person or another client, too. */
function nameless({ client, isDynamicClient }: ServerFacts): ClientFacts | null {
  return client !== null && isDynamicClient ? { ...client, name: null } : client
}

/** Anybody can write any key id into an assertion: only one that was checked is told. */
function provenKeyId(facts: ServerFacts): Value {
  const isProven = authenticating.has(facts.endpoint) && isClientProven(facts)
  return isProven ? keyIdOf(facts.client?.assertionKid) : null
}

/** A client; with its way to authenticate where the endpoint asked for it. */
export function describeClient(told: Told, client: ClientFacts | null, isAsked: boolean): void {
  told.add(ATTR.OAUTH_CLIENT_ID, client?.id)
  told.add(ATTR.OAUTH_CLIENT_NAME, client?.name)
  told.add(ATTR.OAUTH_CLIENT_AUTH_METHOD, isAsked ? client?.authMethod : null)
  told.add(ATTR.OAUTH_CLIENT_TYPE, typeOf(client?.authMethod ?? null))
}

function typeOf(authMethod: string | null): Value {
  if (authMethod === null) return null
  return authMethod === 'none' ? 'public' : 'confidential'
}

/** Endpoints where clients authenticate (RFC 6749 section 3.2.1). */
const authenticating: ReadonlySet<Endpoint> = new Set([
  'token',
  'introspection',
  'revocation',
  'pushed_authorization_request',
  'device_authorization',
  'backchannel_authentication',
])

function actorOf(facts: ServerFacts, outcome: Outcome): Actor {
  const { accountId, endpoint } = facts
  if (authenticating.has(endpoint)) {
    // With tokens for a user, the user acts through the client, unless that exchanged them itself.
    const isForUser = endpoint === 'token' && accountId !== null && facts.exchange === null
    if (isForUser && outcome === 'success') return 'user'
    return isClientProven(facts) ? 'client' : 'anonymous'
  }
  if (facts.registeredClientId !== null) return isOwnRegistration(endpoint) ? 'client' : 'anonymous'
  return accountId !== null && isUserProven(facts, outcome) ? 'user' : 'anonymous'
}

/** By its registration access token (RFC 7592 section 3); who registers is not known yet. */
function isOwnRegistration(endpoint: Endpoint): boolean {
  return endpoint !== 'registration'
}

/** At the front channel by the session, else by a token that was good or lacked only a scope. */
function isUserProven({ presented, error }: ServerFacts, outcome: Outcome): boolean {
  if (outcome === 'success') return true
  // What another site made the user's browser send is not the user's doing.
  if (presented === null) return error === null || reasonOf(error) !== 'state_mismatch'
  return error !== null && tokenErrors.has(error.code) && presented.binding === null
}

/** Errors that come only after the token was found good. */
const tokenErrors = new Set([
  'credential_request_denied',
  'insufficient_scope',
  'invalid_nonce',
  'invalid_proof',
  'unknown_credential_configuration',
  'unknown_credential_identifier',
])

/** Errors that come only after the client has authenticated. */
const authenticatedErrors = new Set(
  `
    access_denied authorization_pending expired_login_hint_token expired_token
    invalid_authorization_details invalid_binding_message invalid_grant invalid_redirect_uri
    invalid_request_object invalid_request_uri invalid_scope invalid_target invalid_user_code
    login_required missing_user_code registration_not_supported request_not_supported
    request_uri_not_supported slow_down unauthorized_client unknown_user_id
    unmet_authentication_requirements unsupported_grant_type unsupported_response_mode
    unsupported_response_type unsupported_token_type
  `
    .trim()
    .split(/\s+/),
)

/** A client acts only when it showed who it is: anybody can write a client id into a request. */
function isClientProven({ client, error, endpoint, succeeded, isRefused }: ServerFacts): boolean {
  if (client === null) return false
  const isPublic = client.authMethod === 'none' || client.authMethod === null
  if (error === null)
    return endpoint === 'token' ? succeeded : !isPublic && (succeeded || isRefused)
  return !isPublic && (isAfterClient(error) || isAfterProof(error, client))
}

function isAfterClient(error: ErrorFacts): boolean {
  return authenticatedErrors.has(error.code) || authenticatedReasons.has(reasonOf(error))
}

const authenticatedReasons = new Set([
  'client_not_allowed',
  'pkce_missing',
  'redirect_uri_mismatch',
])

/** A proof is looked at when the client is known, but where it shows the client, too. */
function isAfterProof({ code }: ErrorFacts, { authMethod }: ClientFacts): boolean {
  const isProof = code === 'invalid_dpop_proof' || code === 'use_dpop_nonce'
  return isProof && authMethod?.startsWith('attest_jwt') === false
}
