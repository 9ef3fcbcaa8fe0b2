// @azure/msal-node 7 (both kinds of modules). Whether a token came from its cache, its result
// says; concurrent calls for the same one share a result.
import type { CallErrorFacts } from '../../facts.ts'
import { networkFailure, protocolFailure } from '../client-call/failure.ts'
import type { SeenCall } from '../client-call/library.ts'
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import type { ToldCall } from '../defined/call.ts'
import { asks } from '../defined/watch.ts'
import { isObject, type Members, record, text, texts } from '../unknown.ts'
import { clientFailure, tokenEndpointsOf } from './told.ts'

const urn = 'urn:ietf:params:oauth:grant-type'

/** By method; of one whose grant its request alone tells, null. */
const grants: Readonly<Record<string, string | null>> = {
  acquireTokenByClientCredential: 'client_credentials',
  acquireTokenByCode: 'authorization_code',
  acquireTokenByDeviceCode: `${urn}:device_code`,
  acquireTokenByRefreshToken: 'refresh_token',
  acquireTokenByUserFederatedIdentityCredential: null,
  acquireTokenByUsernamePassword: 'password',
  acquireTokenOnBehalfOf: `${urn}:jwt-bearer`,
  acquireTokenSilent: null,
}

function hooksOf(name: string): Readonly<Record<string, ReturnType<typeof asks>>> {
  const all = Object.entries(grants).map(([method, grant]) => [
    `${name}#${method}`,
    asks((seen) => tell(seen, grant, method === 'acquireTokenByCode')),
  ])
  return Object.fromEntries(all) as ReturnType<typeof hooksOf>
}

export const msalNode: Instrumentation = defineInstrumentation({
  name: '@azure/msal-node',
  modules: [
    {
      name: '@azure/msal-node',
      files: ['dist/index.mjs'],
      hooks: {
        // The class of both, which is not exported: what they inherit stays there.
        ...hooksOf('ConfidentialClientApplication.__proto__'),
        ...hooksOf('ConfidentialClientApplication'),
        ...hooksOf('PublicClientApplication'),
        'ManagedIdentityApplication#acquireToken': asks((seen) => tell(seen, null, false)),
        'PublicClientApplication#signOut': asks(tellSignOut),
      },
    },
  ],
})

/** Errors of calls that have their record, and of results a part, for each caller gets a copy. */
const told = new WeakSet<object>()

function tell(seen: SeenCall, grant: string | null, isCode: boolean): ToldCall | null {
  const { self, result, error, hasFailed, exchanges } = seen
  const end = hasFailed ? error : record(result).expiresOn
  if (isObject(end)) {
    if (told.has(end)) return null
    told.add(end)
  }
  const { auth } = record(record(self).config)
  const { clientId, authority } = record(auth)
  const endpoints = tokenEndpointsOf(exchanges)
  const failure = hasFailed ? failureOf(seen) : null
  const isResponse = isCode && failure?.by === 'client' && endpoints.length === 0
  const { fromCache, authority: answered } = record(result)
  return {
    action: isResponse ? 'oauth.authorize' : 'oauth.token',
    issuer: text(answered) ?? text(authority),
    clientId: text(clientId),
    endpoints,
    parameters: fromCache === true || isResponse ? {} : { grant_type: grant },
    answer: answerOf(record(result)),
    subject: claimsOf(seen),
    ...(hasFailed ? {} : { isCached: fromCache === true }),
    error: failure,
  }
}

/** Of a token from the cache the account that it was asked for tells whose it is. */
function claimsOf({ args, result }: SeenCall): Members {
  const { idTokenClaims, account } = record(result)
  const asked = record(record(args[0]).account)
  const all = [idTokenClaims, record(account).idTokenClaims, asked.idTokenClaims].map(record)
  return all.find(({ sub }) => text(sub) !== null) ?? {}
}

function answerOf(result: Members): Members {
  const { accessToken, idToken, expiresOn, scopes, tokenType } = result
  const end = expiresOn instanceof Date ? expiresOn.getTime() : NaN
  return {
    ...{ access_token: accessToken, id_token: idToken, token_type: tokenType },
    scope: texts(scopes).join(' '),
    expires_in: Number.isNaN(end) ? undefined : Math.round((end - Date.now()) / 1000),
  }
}

/** Of its own checks, which its documentation names. */
const reasons: Readonly<Record<string, string>> = {
  authorization_code_missing_from_server_response: 'request_invalid',
  invalid_state: 'state_mismatch',
  multiple_matching_tokens: 'account_unknown',
  no_account_found: 'login_required',
  no_account_in_silent_request: 'login_required',
  no_tokens_found: 'login_required',
  nonce_mismatch: 'nonce_mismatch',
  refresh_token_expired: 'login_required',
  state_mismatch: 'state_mismatch',
  state_not_found: 'state_mismatch',
  token_parsing_error: 'token_malformed',
  token_refresh_required: 'login_required',
  user_canceled: 'access_denied',
}

/** What the user has to do, of errors that only the user can help with. */
function interactionOf({ name, errorCode, subError }: Members): string | null {
  if (name !== 'InteractionRequiredAuthError') return null
  const isConsent = errorCode === 'consent_required' || subError === 'consent_required'
  return isConsent ? 'consent_required' : 'login_required'
}

const networkCodes = new Set(['network_error', 'no_network_connectivity'])

function failureOf({ error, exchanges }: SeenCall): CallErrorFacts {
  const said = record(error)
  const code = text(said.errorCode)
  const last = exchanges.at(-1)
  const isUnanswered = last !== undefined && last.status === null
  if (isUnanswered || networkCodes.has(code ?? '')) return networkFailure(last?.error ?? error)
  if (code === null) return networkFailure(error)
  const reason = interactionOf(said) ?? (Object.hasOwn(reasons, code) ? reasons[code]! : null)
  if (last !== undefined && last.status !== null && last.status >= 400) {
    return { ...protocolFailure(code), reason: interactionOf(said) }
  }
  return clientFailure(code, reason)
}

/** It forgets the account here; at the authorization server the session goes on. */
function tellSignOut({ self, args, hasFailed }: SeenCall): ToldCall | null {
  if (hasFailed) return null
  const { account } = record(args[0])
  const { auth } = record(record(self).config)
  const { clientId, authority } = record(auth)
  return {
    action: 'oauth.end_session',
    issuer: text(authority),
    clientId: text(clientId),
    subject: record(record(account).idTokenClaims),
  }
}
