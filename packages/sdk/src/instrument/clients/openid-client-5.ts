// openid-client 5 (CommonJS), which next-auth 4 uses: the methods of a client. Version 6, of
// functions, is in ../openid-client.
import type { CallErrorFacts } from '../../facts.ts'
import { networkFailure, protocolFailure } from '../client-call/failure.ts'
import type { SeenCall } from '../client-call/library.ts'
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import type { ToldCall } from '../defined/call.ts'
import { asks } from '../defined/watch.ts'
import { attempt, type Members, record, text } from '../unknown.ts'
import { clientFailure, tokenEndpointsOf } from './told.ts'

const callback = asks(tellCallback)
const grant = asks((seen) => tell(seen, 'oauth.token', record(seen.args[0])))

export const openidClient5: Instrumentation = defineInstrumentation({
  name: 'openid-client',
  modules: [
    {
      name: 'openid-client/lib/client',
      files: ['lib/client.js'],
      hooks: {
        'BaseClient#callback': callback,
        'BaseClient#oauthCallback': callback,
        'BaseClient#grant': grant,
        'BaseClient#refresh': asks((seen) => tell(seen, 'oauth.token', refreshing(seen.args[0]))),
        'BaseClient#userinfo': asks((seen) => {
          const parameters = { token: tokenOf(seen.args[0]), token_type_hint: 'access_token' }
          return tell(seen, 'oauth.userinfo', parameters)
        }),
        'BaseClient#introspect': asks((seen) => tell(seen, 'oauth.introspect', shown(seen.args))),
        'BaseClient#revoke': asks((seen) => tell(seen, 'oauth.revoke', shown(seen.args))),
        'BaseClient#deviceAuthorization': asks((seen) =>
          tell(seen, 'oauth.device_authorization', record(seen.args[0])),
        ),
        'BaseClient#pushedAuthorizationRequest': asks((seen) =>
          tell(seen, 'oauth.par', record(seen.args[0])),
        ),
      },
    },
  ],
})

function shown([token, hint]: readonly unknown[]): Members {
  return { token, token_type_hint: hint }
}

function tokenOf(given: unknown): unknown {
  return text(given) ?? record(given).access_token
}

function refreshing(given: unknown): Members {
  const refreshToken = text(given) ?? record(given).refresh_token
  return { grant_type: 'refresh_token', refresh_token: refreshToken }
}

/** It checks the response to the authorization request first; what fails there asks nobody. */
function tellCallback(seen: SeenCall): ToldCall | null {
  const { error, hasFailed, exchanges } = seen
  // Without any request it is the response alone, or the caller's mistake.
  const isResponse = !exchanges.some(({ form }) => form !== null)
  if (hasFailed && isResponse && record(error).name === 'TypeError') {
    return /checks\.state/.test(text(record(error).message) ?? '')
      ? tell(seen, 'oauth.authorize', {})
      : null
  }
  if (isResponse) return tell(seen, 'oauth.authorize', {})
  return tell(seen, 'oauth.token', { grant_type: 'authorization_code' })
}

function tell(seen: SeenCall, action: string, parameters: Members): ToldCall {
  const { self, result, exchanges, hasFailed } = seen
  const { client_id: id, issuer, token_endpoint_auth_method: method } = record(self)
  const claims = attempt(() => (result as { claims?: () => unknown }).claims?.())
  return {
    action,
    issuer: text(record(issuer).issuer),
    clientId: text(id),
    authMethod: text(method),
    endpoints: tokenEndpointsOf(exchanges),
    parameters,
    answer: answerOf(result),
    subject: record(claims),
    error: hasFailed ? failureOf(seen) : null,
  }
}

/** A TokenSet tells when it ends, in seconds. */
function answerOf(result: unknown): Members {
  const { expires_at: end, expires_in: seconds, ...answer } = record(result)
  const left = typeof end === 'number' ? end - Math.floor(Date.now() / 1000) : seconds
  return { ...answer, expires_in: left }
}

/** Its texts, for its errors have no codes. */
const byText: readonly (readonly [RegExp, string])[] = [
  [/state (?:mismatch|missing)|checks\.state|s_hash/, 'state_mismatch'],
  [/nonce/, 'nonce_mismatch'],
  [/iss (?:mismatch|missing)|unexpected iss value/, 'issuer_mismatch'],
  [/aud |azp/, 'audience_mismatch'],
  [/JWT expired/, 'token_expired'],
  [/JWT not active yet|issued in the future/, 'token_not_yet_valid'],
  [/too much time has elapsed/, 'login_required'],
  [/failed to validate JWT signature/, 'signature_invalid'],
  [/no valid key found|multiple matching keys/, 'key_unknown'],
  [/unexpected JWT alg/, 'algorithm_not_allowed'],
  [/failed to decode|not a valid JWT/, 'token_malformed'],
  [/missing required JWT property|sub mismatch|_hash mismatch/, 'claim_invalid'],
  [/missing from response/, 'request_invalid'],
]

function failureOf({ error, exchanges }: SeenCall): CallErrorFacts {
  const { name, error: code, message } = record(error)
  if (text(code) !== null) return protocolFailure(code)
  const said = text(message) ?? ''
  const reason = byText.find(([pattern]) => pattern.test(said))?.[1] ?? null
  if (name === 'RPError' || name === 'TypeError') return clientFailure(null, reason)
  const status = exchanges.at(-1)?.status ?? null
  if (status !== null && status >= 400) {
    return {
      code: null,
      type: `${status}`,
      reason: status >= 500 ? 'internal' : null,
      by: 'server',
    }
  }
  return networkFailure(error)
}
