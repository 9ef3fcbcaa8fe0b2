// What a record says of one request to an authorization server. Pure: facts in, attributes out.
// Secrets come in raw and go out only through `hashes`. Each theme has a file of its own.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { Endpoint, ServerFacts } from '../facts.ts'
import { describeExchange } from './exchange.ts'
import { describeHttp } from './http.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { describeServerPosture } from './posture.ts'
import { describePresented, describeRefresh } from './presented.ts'
import { describeProof } from './proof.ts'
import { categoryOf, reasonOf, whyOf } from './reason.ts'
import { describeRequest, other } from './request.ts'
import { describeRevocation } from './revocation.ts'
import { describeScope } from './scope.ts'
import { describeTokens } from './tokens.ts'
import { Told, type Value } from './value.ts'
import { describeWho } from './who.ts'

/** The record of one request: action, outcome, attributes. Attributes not known are left out. */
export function describeServer(facts: ServerFacts, hashes: Hashes): Description {
  const outcome = outcomeOf(facts)
  const { action } = facts
  const told = new Told()
  told.add(ATTR.AUDIT_ACTION, action)
  told.add(ATTR.AUDIT_OUTCOME, outcome)
  // A credential is issued to whoever has a token for it (OpenID4VCI section 8).
  told.add(
    ATTR.OAUTH_ROLE,
    facts.endpoint === 'credential' ? 'resource_server' : 'authorization_server',
  )
  told.add(ATTR.OAUTH_ISSUER, facts.issuer)
  told.add(ATTR.OAUTH_LIBRARY_NAME, facts.library)
  describeWho(told, facts, outcome, hashes)
  describeRequest(told, facts)
  describePresented(told, facts, hashes)
  describeScope(told, facts, outcome)
  describeTokens(told, facts.tokens, hashes, facts.atS)
  describeRefresh(told, facts, hashes)
  describeExchange(told, facts.exchange, facts.succeeded, hashes)
  describeProof(told, facts, outcome)
  describeRevocation(told, facts)
  checks(told, facts, outcome)
  describeServerPosture(told, facts, outcome)
  failure(told, facts)
  describeHttp(told, facts.http)
  const failed = outcome === 'failure' || outcome === 'denied'
  const message = failed ? (codeOf(facts.error) ?? facts.error?.type ?? outcome) : ''
  return { action, kind: 'server', failed, message, attributes: told.attributes }
}

function checks(told: Told, facts: ServerFacts, outcome: Outcome): void {
  told.add(ATTR.OAUTH_CONSENT_RESULT, consentOf(facts, outcome))
  told.add(ATTR.OAUTH_PKCE_RESULT, pkceOf(facts, outcome))
  told.add(ATTR.OAUTH_DEVICE_POLL_STATE, pollOf(facts))
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const pollStates = new Set(['authorization_pending', 'slow_down', 'access_denied', 'expired_token'])

/** RFC 8628 section 3.5. */
function pollOf({ error, parameters, succeeded }: ServerFacts): Value {
  if (parameters.grantType !== deviceGrant) return null
  if (error !== null) return pollStates.has(error.code) ? error.code : null
  return succeeded ? 'complete' : null
}

/** Endpoints where a user is asked whether a client may have what it wants. */
const consenting: ReadonlySet<Endpoint> = new Set([
  'authorization',
  'resume',
  'code_verification',
  'device_resume',
])

function consentOf({ consented, endpoint, error }: ServerFacts, outcome: Outcome): Value {
  if (!consenting.has(endpoint)) return null
  if (outcome === 'success') {
    return consented === null ? null : consented ? 'granted' : 'remembered'
  }
  const isAnswer = endpoint !== 'authorization' && error !== null
  return isAnswer && reasonOf(error) === 'access_denied' ? 'denied' : null
}

function pkceOf({ endpoint, parameters, error }: ServerFacts, outcome: Outcome): Value {
  const reason = error === null ? null : reasonOf(error)
  if (reason === 'pkce_missing') return 'missing'
  if (endpoint !== 'token' || parameters.grantType !== 'authorization_code') return null
  if (reason === 'pkce_mismatch') return 'mismatch'
  if (outcome !== 'success') return null
  return parameters.hasCodeVerifier ? 'ok' : 'not_required'
}

/** What went wrong; also why a token is not active, or was not revoked, though nothing failed. */
function failure(told: Told, facts: ServerFacts): void {
  const { error, endpoint } = facts
  told.add(ATTR.OAUTH_ERROR_REASON, whyOf(facts))
  if (error === null) return
  told.add(ATTR.ERROR_TYPE, error.type)
  told.add(ATTR.OAUTH_ERROR_CODE, codeOf(error))
  told.add(ATTR.OAUTH_ERROR_CATEGORY, categoryOf(error, endpoint))
}

/** An error that a page told in words has a class, but no code on the wire. */
function codeOf(error: ServerFacts['error']): string | null {
  if (error === null) return null
  return error.code === other && error.type !== other ? null : error.code
}
