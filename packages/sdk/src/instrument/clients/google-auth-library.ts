// google-auth-library 10 and 11 (CommonJS). Its methods with callbacks call these, which give
// promises; concurrent calls share one refresh, so what asks is watched where it asks.
import type { CallErrorFacts } from '../../facts.ts'
import { protocolFailure } from '../client-call/failure.ts'
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { asks, ends, type TellCall } from '../defined/watch.ts'
import type { SeenCall } from '../client-call/library.ts'
import type { ToldCall } from '../defined/call.ts'
import { type Members, record, text } from '../unknown.ts'
import { clientFailure, tokenEndpointsOf } from './told.ts'

const code = asks((seen) => tokenCall(seen, { grant_type: 'authorization_code' }))
const refresh = asks((seen) => {
  const [refreshToken] = seen.args
  return tokenCall(seen, { grant_type: 'refresh_token', refresh_token: refreshToken })
})
/** Of these the request tells the grant: an assertion, or a platform that knows its own service. */
const other = asks((seen) => tokenCall(seen, {}))
const revoke = asks(tellRevoked, { callback: true })
const cached = ends((self) => {
  const { access_token: token } = record(record(self).credentials)
  return (seen) => tellCached(token, seen)
})

export const googleAuthLibrary: Instrumentation = defineInstrumentation({
  name: 'google-auth-library',
  modules: [
    {
      name: 'google-auth-library',
      files: ['build/src/index.js'],
      hooks: {
        'OAuth2Client#getTokenAsync': code,
        'OAuth2Client#refreshTokenNoCache': refresh,
        'OAuth2Client#getAccessTokenAsync': cached,
        'OAuth2Client#revokeToken': revoke,
        'OAuth2Client#getTokenInfo': asks(tellTokenInfo),
        'JWT#refreshTokenNoCache': other,
        'Compute#refreshTokenNoCache': other,
        'GdchClient#refreshTokenNoCache': other,
        'Impersonated#refreshToken': other,
      },
    },
    {
      name: 'google-auth-library/build/src/auth/stscredentials',
      files: ['build/src/auth/stscredentials.js'],
      hooks: { 'StsCredentials#exchangeToken': asks(tellExchange) },
    },
  ],
})

function clientIdOf(self: unknown): string | null {
  const { _clientId: id, email } = record(self)
  return text(id) ?? text(email)
}

/** Lifetimes are replaced by their ends, in milliseconds. */
function answerOf(tokens: unknown): Members {
  const { expiry_date: end, ...answer } = record(tokens)
  const seconds = typeof end === 'number' ? Math.round((end - Date.now()) / 1000) : undefined
  return { expires_in: seconds, ...answer }
}

function tokenCall(seen: SeenCall, parameters: Members): ToldCall | null {
  const { self, result, exchanges } = seen
  // A token that was got in between.
  if (!seen.hasFailed && exchanges.length === 0 && record(result).res === null) return null
  return {
    action: 'oauth.token',
    clientId: clientIdOf(self),
    endpoints: tokenEndpointsOf(exchanges),
    parameters,
    answer: answerOf(record(result).tokens),
    ...failureOf(seen),
  }
}

function tellExchange(seen: SeenCall): ToldCall {
  const { exchanges, result } = seen
  const endpoints = tokenEndpointsOf(exchanges)
  return { action: 'oauth.token', endpoints, answer: result, ...failureOf(seen) }
}

function tellRevoked(seen: SeenCall): ToldCall {
  const parameters = { token: text(seen.args[0]) }
  return {
    action: 'oauth.revoke',
    clientId: clientIdOf(seen.self),
    parameters,
    ...failureOf(seen),
  }
}

/** Google's way to introspect: of a token that is not active it answers with an error. */
function tellTokenInfo(seen: SeenCall): ToldCall {
  const { args, result } = seen
  const { scopes, aud, sub, expiry_date: end } = record(result)
  const claims = {
    ...{ active: true, sub, aud, client_id: aud },
    scope: Array.isArray(scopes) ? scopes.join(' ') : undefined,
    exp: typeof end === 'number' ? Math.round(end / 1000) : undefined,
  }
  return {
    action: 'oauth.introspect',
    clientId: clientIdOf(seen.self),
    parameters: { token: text(args[0]), token_type_hint: 'access_token' },
    answer: claims,
    ...failureOf(seen),
  }
}

/** `token`: what was there before. */
function tellCached(token: unknown, { self, result, error }: SeenCall): ReturnType<TellCall> {
  const told = { action: 'oauth.token', clientId: clientIdOf(self) }
  if (isWithoutToken(error)) return { ...told, error: clientFailure(null, 'login_required') }
  const { token: given, res } = record(result)
  if (text(given) === null || given !== token || res !== undefined) return null
  return { ...told, isCached: true, answer: { access_token: given } }
}

/** There is nothing to refresh with. */
function isWithoutToken(error: unknown): boolean {
  return text(record(error).message)?.startsWith('No refresh token') === true
}

/** The answer is below the error of its transport; with an error of STS it is above. */
function failureOf({ hasFailed, error }: SeenCall): { readonly error?: CallErrorFacts } {
  if (!hasFailed) return {}
  if (isWithoutToken(error)) return { error: clientFailure(null, 'login_required') }
  const { response } = record(error)
  const said = text(record(record(response).data).error)
  return said === null ? {} : { error: protocolFailure(said) }
}
