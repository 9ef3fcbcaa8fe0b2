// oauth2orize 1 (CommonJS). It leaves tokens and codes to functions of the application, which call
// back with them: what it answers is looked at. What is about to be done is told first; what comes
// of it takes the place of that.
import type { ToldAction } from '../defined/action.ts'
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedCall, makesServers } from '../defined/watch.ts'
import type { ServerReason } from '../defined/reasons.ts'
import { type Members, record, text } from '../unknown.ts'
import { accountIdOf, allowedTo, authMethodOf, clientOf } from './application.ts'
import { scopeText, wordsOf } from './application.ts'
import { answers } from './oauth2orize-answer.ts'
import { createKnownIssues, type KnownIssue } from './known-issues.ts'
import { refusalOf } from './oauth2orize-reasons.ts'

const name = 'oauth2orize'
const known = createKnownIssues()
const asked = { default: makesServers(tellAsked, { callback: true }) }

const files = {
  server: {
    '#_exchange': answers(
      ([, request]) => tokenAction(request, record(request).user),
      ([, request], answer) => tellIssued(request, answer),
    ),
    '#_respond': answers(
      ([transaction]) => answered(record(transaction)),
      ([transaction], answer) => tellResponded(record(transaction), answer),
    ),
  },
  'middleware/authorization': asked,
  'middleware/decision': asked,
  'middleware/resume': asked,
  'middleware/transactionLoader': { default: makesServers(tellLost, { callback: true }) },
  'middleware/token': { default: makesServers(tellRefused, { callback: true }) },
}

export const oauth2orize: Instrumentation = defineInstrumentation({
  name,
  modules: Object.entries(files).map(([file, hooks]) => ({
    ...{ name: `${name}/lib/${file}`, files: [], hooks },
  })),
})

function tokenAction(request: unknown, client: unknown): ToldAction {
  const parameters = record(record(request).body)
  const allowed = allowedTo(client)
  return {
    action: 'oauth.token',
    ...clientOf(client, authMethodOf(request)),
    parameters,
    known: { scopes: wordsOf(allowed) },
    scope: { allowed },
  }
}

/** The code or the refresh token that is redeemed. */
function redeemed({ grant_type: type, code, refresh_token: token }: Members): KnownIssue | null {
  if (type === 'authorization_code') return known.of(code)
  return type === 'refresh_token' ? known.of(token) : null
}

/** Whose it is, and what is known of a refresh token. */
function lineage(from: KnownIssue | null, type: unknown): Partial<ToldAction> {
  if (from === null) return {}
  const { accountId, family, rotations, issuedAtS } = from
  const refresh = { rotated: false, rotations, reused: false, issuedAtS }
  return { accountId, grantIds: [family], ...(type === 'refresh_token' && { refresh }) }
}

function tellRefused({ args: [request], error }: EndedCall): ToldAction {
  const action = tokenAction(request, record(request).user)
  const parameters = record(action.parameters)
  const from = redeemed(parameters)
  const said = refusalOf(error)
  const reason = knownReason(said.reason, from, action.client?.id) ?? said.reason ?? null
  const { refresh, ...whose } = lineage(from, parameters.grant_type)
  if (from !== null && said.reason?.startsWith('pkce_')) from.isUsed = true
  return {
    ...{ ...action, ...whose, error: { ...said, reason } },
    ...(refresh && { refresh: { ...refresh, reused: reason === 'refresh_reused' } }),
  }
}

/** What the application did not find we may know. */
function knownReason(
  said: unknown,
  from: KnownIssue | null,
  clientId: string | undefined,
): ServerReason | null {
  if (from === null || (said !== 'code_unknown' && said !== 'token_unknown')) return null
  if (from.isUsed) return said === 'code_unknown' ? 'code_replayed' : 'refresh_reused'
  return from.clientId === clientId ? null : 'client_not_allowed'
}

/** The answer of an exchange; its errors are told elsewhere. */
function tellIssued(request: unknown, answer: Members): ToldAction | null {
  if (text(answer.access_token) === null) return null
  const action = tokenAction(request, record(request).user)
  const parameters = record(action.parameters)
  const from = redeemed(parameters)
  const refreshToken = text(answer.refresh_token)
  const hasRefresh = refreshToken !== null && refreshToken !== parameters.refresh_token
  if (from !== null && (hasRefresh || parameters.grant_type === 'authorization_code')) {
    from.isUsed = true
  }
  if (hasRefresh) {
    const whose = { accountId: from?.accountId ?? null, clientId: action.client?.id ?? null }
    known.add(refreshToken, { ...whose, from })
  }
  const { refresh, ...whose } = lineage(from, parameters.grant_type)
  const scope = scopeText(answer.scope)
  return {
    ...{ ...action, ...whose },
    known: { scopes: wordsOf(action.scope?.allowed ?? null, scope) },
    answer: { ...answer, scope },
    ...(refresh && { refresh: { ...refresh, rotated: hasRefresh } }),
  }
}

/** A request to the authorization endpoint, as the library has read it. */
function authorizeAction(transaction: Members): ToldAction {
  const { client, user, redirectURI, req } = transaction
  const { type, scope, state: _, clientID: __, ...more } = record(req)
  const { codeChallenge, codeChallengeMethod, responseMode, prompt } = more
  const allowed = allowedTo(client)
  return {
    action: 'oauth.authorize',
    ...clientOf(client, null),
    accountId: accountIdOf(user),
    parameters: {
      ...{ response_type: type, response_mode: responseMode, scope: scopeText(scope), prompt },
      ...{ redirect_uri: redirectURI, code_challenge: codeChallenge },
      code_challenge_method: codeChallengeMethod,
    },
    // It is the one that the application has found.
    known: { scopes: wordsOf(allowed), isRedirectUri: client !== undefined },
    scope: { allowed },
    consented: null,
  }
}

/** What the user, or the application in its place, has answered. */
function answered(transaction: Members): ToldAction {
  const { _endProxied: isProxied, transactionID, res, req } = transaction
  const { allow, scope } = record(res)
  const action = authorizeAction(transaction)
  // What was kept until the user answered has an id, but perhaps not in a store that the
  // application has of its own; the first versions have neither such stores nor the mark.
  const isDecided = isProxied === true || text(transactionID) !== null
  const endpoint = isDecided ? 'resume' : 'authorization'
  if (allow !== true) {
    const error = { code: 'access_denied', reason: 'access_denied' as const }
    return { ...action, endpoint, error }
  }
  const granted = scopeText(scope ?? record(req).scope)
  const allowed = action.scope?.allowed ?? null
  return {
    ...{ ...action, endpoint, consented: isDecided },
    known: { ...action.known, scopes: wordsOf(allowed, granted) },
    scope: { allowed, granted },
  }
}

/** A code or a token, which go to the client with the browser. */
function tellResponded(transaction: Members, answer: Members): ToldAction | null {
  const action = answered(transaction)
  if (record(transaction.res).allow !== true || answer.error !== undefined) return null
  const whose = { accountId: action.accountId ?? null, clientId: action.client?.id ?? null }
  const issue = known.add(answer.code, { ...whose, from: null })
  const grantIds = issue === null ? [] : [issue.family]
  return { ...action, grantIds, answer: { ...answer, scope: scopeText(answer.scope) } }
}

/** It goes on where the user is asked, or with an error. */
function tellAsked({ args: [request], error, hasFailed }: EndedCall): ToldAction {
  const { oauth2, query, user } = record(request)
  const action =
    oauth2 === undefined
      ? {
          action: 'oauth.authorize' as const,
          accountId: accountIdOf(user),
          parameters: record(query),
        }
      : authorizeAction({ user, ...record(oauth2) })
  return hasFailed ? { ...action, error: refusalOf(error) } : { ...action, succeeded: false }
}

/** The answer of a user to what was never asked, or is over. */
function tellLost({ args: [request], error, hasFailed }: EndedCall): ToldAction | null {
  if (!hasFailed) return null
  const accountId = accountIdOf(record(request).user)
  return { action: 'oauth.authorize', endpoint: 'resume', accountId, error: refusalOf(error) }
}
