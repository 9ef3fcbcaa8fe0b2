// @node-oauth/oauth2-server 5 (CommonJS), and so express-oauth-server on top of it. What its
// three methods tell is little: whom a code or a token was for that was refused, and whether there
// was one, its handlers know, which are files of their own.
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedCall, serves, validates } from '../defined/watch.ts'
import type { ToldAction } from '../defined/action.ts'
import { type Members, record, text } from '../unknown.ts'
import type { ToldValidation } from '../validating.ts'
import { accountIdOf, allowedTo, authMethodOf, clientIdOf, clientOf } from './application.ts'
import { scopeText, secondsUntil, wordsOf } from './application.ts'
import { refusalOf, tokenRefusalOf } from './oauth2-server-reasons.ts'
import { found, foundIn } from './oauth2-server-found.ts'

const name = '@node-oauth/oauth2-server'

export const oauth2Server: Instrumentation = defineInstrumentation({
  name,
  modules: [
    {
      name,
      files: ['index.js'],
      hooks: {
        '#token': serves(tellToken),
        '#authorize': serves(tellAuthorize),
        '#authenticate': validates(tellAuthenticate),
      },
    },
    ...Object.entries(found).map(([file, hooks]) => ({
      ...{ name: `${name}/lib/${file}`, files: [], hooks },
    })),
  ],
})

function tellToken({ args, result, error, hasFailed }: EndedCall): ToldAction | null {
  const parameters = record(record(args[0]).body)
  const { client, code, refreshToken } = foundIn(args[0])
  const token = hasFailed ? {} : record(result)
  const refusal = hasFailed ? refusalOf(error, code !== undefined) : null
  // A client of its own has an object as a user, too.
  const isForUser = parameters.grant_type !== 'client_credentials'
  const { user } = record(hasFailed ? (code ?? refreshToken) : result)
  const allowed = allowedTo(client) ?? scopeText(record(code ?? refreshToken).scope)
  return {
    action: 'oauth.token',
    ...clientOf(client, authMethodOf(args[0])),
    accountId: isForUser ? accountIdOf(user) : null,
    parameters,
    known: { scopes: wordsOf(allowed, scopeText(token.scope)) },
    scope: { allowed },
    answer: answerOf(token),
    // Its age nobody keeps, and it belongs to no family.
    refresh:
      refreshToken === undefined
        ? null
        : {
            rotated: text(token.refreshToken) !== null,
            ...{ rotations: null, issuedAtS: null },
            reused: refusal?.reason === 'refresh_reused',
          },
    error: refusal,
  }
}

function answerOf({ accessToken, refreshToken, scope, accessTokenExpiresAt }: Members): Members {
  return {
    access_token: accessToken,
    refresh_token: refreshToken,
    scope: scopeText(scope),
    expires_in: secondsUntil(accessTokenExpiresAt),
  }
}

function tellAuthorize({ args, result, error, hasFailed }: EndedCall): ToldAction {
  const { query, body } = record(args[0])
  const parameters: Members = { ...record(query), ...record(body) }
  const { client, user } = foundIn(args[0])
  const granted = hasFailed ? null : scopeText(record(result).scope)
  const allowed = allowedTo(client)
  const { allowed: answer } = parameters
  return {
    action: 'oauth.authorize',
    // The page where the user was asked has sent what was answered.
    endpoint: answer === undefined ? 'authorization' : 'resume',
    consented: answer === undefined ? null : answer !== 'false',
    ...clientOf(client, null),
    accountId: accountIdOf(user),
    parameters,
    // Who is given the client has looked at the address, too.
    known: { scopes: wordsOf(allowed, granted), isRedirectUri: client !== undefined },
    scope: { granted, allowed },
    error: hasFailed ? refusalOf(error, false) : null,
  }
}

function tellAuthenticate({ self, args, result, error, hasFailed }: EndedCall): ToldValidation {
  const { accessToken } = foundIn(args[0])
  const scope = scopeText(record(args[2]).scope ?? record(record(self).options).scope)
  const requiredScopes = wordsOf(scope)
  const type = 'access_token'
  if (!hasFailed) return { type, claims: claimsOf(result), requiredScopes }
  const refusal = tokenRefusalOf(error)
  if (refusal.reason !== 'scope_insufficient') return { type, refusal }
  return { type, refusal, requiredScopes, claims: claimsOf(accessToken) }
}

function claimsOf(token: unknown): Members {
  const { user, client, scope, accessTokenExpiresAt: expires } = record(token)
  return {
    sub: accountIdOf(user),
    client_id: clientIdOf(client),
    scope: scopeText(scope),
    exp: expires instanceof Date ? Math.floor(expires.getTime() / 1000) : undefined,
  }
}
