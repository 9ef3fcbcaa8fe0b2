// What an endpoint of @better-auth/oauth-provider was asked for and has answered. Its answers do
// not tell why: it says the same of a refresh token that is expired and of one that was used
// before, and then revokes its whole family. That is known of those that this process has issued.
import { subjectIn } from '../client-call/answer.ts'
import { assertionIn } from '../client-call/client-authentication.ts'
import { decodeJwt } from '../client-call/jwt.ts'
import type { ToldAction, ToldError } from '../defined/action.ts'
import type { ServerReason } from '../defined/reasons.ts'
import { integer, type Members, record, text } from '../unknown.ts'
import { accountIdOf, authMethodOf, wordsOf } from './application.ts'
import { createKnownClients, createKnownIssues, type KnownIssue } from './known-issues.ts'

const known = createKnownIssues()
const clients = createKnownClients()

interface Answered {
  readonly path: string
  readonly body: Members
  readonly query: Members
  readonly headers: Headers | null
  readonly returned: unknown
  readonly accountId: string | null
}

/** Of the context of a hook; null: nothing that is audited. */
export function toldOf(context: unknown): ToldAction | null {
  const { path, body, query, headers, context: auth } = record(context)
  const { returned, session } = record(auth)
  const tell = byPath[text(path) ?? '']
  return (
    tell?.({
      path: text(path) ?? '',
      body: record(body),
      query: record(query),
      headers: headers instanceof Headers ? headers : null,
      returned,
      accountId: accountIdOf(record(session).user),
    }) ?? null
  )
}

const byPath: Readonly<Record<string, (answered: Answered) => ToldAction | null>> = {
  '/oauth2/authorize': (answered) => tellAuthorize(answered, answered.query, null),
  '/oauth2/consent': tellConsent,
  '/oauth2/continue': (answered) => tellAuthorize(answered, queryIn(answered.body), null),
  '/oauth2/token': tellToken,
  '/device/code': tellDevice,
  '/device/approve': (answered) => tellDeviceAnswer(answered, true),
  '/device/deny': (answered) => tellDeviceAnswer(answered, false),
  '/device/token': tellToken,
  '/oauth2/introspect': tellIntrospect,
  '/oauth2/revoke': tellRevoke,
  '/oauth2/userinfo': tellUserInfo,
  '/oauth2/end-session': ({ returned, accountId }) => ({
    ...{ action: 'oauth.end_session', accountId, error: errorIn(returned) },
  }),
  '/oauth2/register': (answered) => tellClient(answered, 'registration'),
  '/oauth2/create-client': (answered) => tellClient(answered, 'registration'),
  '/admin/oauth2/create-client': (answered) => tellClient(answered, 'registration'),
  '/oauth2/update-client': (answered) => tellClient(answered, 'client_update'),
  '/admin/oauth2/update-client': (answered) => tellClient(answered, 'client_update'),
  '/oauth2/client/rotate-secret': (answered) => tellClient(answered, 'client_update'),
  '/oauth2/delete-client': (answered) => tellClient(answered, 'client_delete'),
}

function tellConsent(answered: Answered): ToldAction {
  return tellAuthorize(answered, queryIn(answered.body), answered.body.accept === true)
}

/** The page sends back with what it was opened; the answer says where the browser goes. */
function queryIn({ oauth_query: query }: Members): Members {
  return Object.fromEntries(new URLSearchParams(text(query) ?? ''))
}

function tellAuthorize(
  { path, body, returned, accountId }: Answered,
  parameters: Members,
  consented: boolean | null,
): ToldAction {
  const to = redirectIn(returned)
  const code = to?.query.get('code') ?? null
  const refused = text(to?.query.get('error')) ?? null
  const error = to === null ? errorIn(returned) : refused === null ? null : refusedWith(refused)
  const clientId = text(parameters.client_id)
  const scope = text(body.scope) ?? text(parameters.scope)
  // Of a client that it does not know it tells on a page of its own.
  const isBack = to !== null && to.target.startsWith(text(parameters.redirect_uri) ?? ' ')
  const isKnown = clientId !== null && (isBack || (to !== null && refused === null))
  const issue = known.add(code, { accountId, clientId, from: null })
  if (issue !== null) clients.add(clientId)
  return {
    action: 'oauth.authorize',
    endpoint: path === '/oauth2/authorize' ? 'authorization' : 'resume',
    ...(isKnown && { client: { id: clientId } }),
    ...{ accountId, parameters, consented },
    known: { scopes: code === null ? [] : wordsOf(scope), isRedirectUri: isKnown },
    scope: { granted: code === null ? null : scope },
    grantIds: issue === null ? [] : [issue.family],
    // Else a page is next, to log in or to consent.
    ...{ error, succeeded: code !== null },
  }
}

function refusedWith(code: string): ToldError {
  return { code, reason: code === 'invalid_client' ? 'client_unknown' : null }
}

interface Redirect {
  readonly target: string
  readonly query: URLSearchParams
}

/** Where the browser is sent; null: it is not. */
function redirectIn(returned: unknown): Redirect | null {
  const { url, redirect_uri: uri, headers } = record(returned)
  const location = headers instanceof Headers ? headers.get('location') : record(headers).location
  const target = text(url) ?? text(uri) ?? text(location)
  if (target === null) return null
  const query = target.replace(/#.*$/s, '').split('?').slice(1).join('?')
  return { target, query: new URLSearchParams(query) }
}

function tellToken({ body, headers, returned }: Answered): ToldAction {
  const { grant_type: type, code, refresh_token: token } = body
  const isRefresh = type === 'refresh_token'
  const from = type === 'authorization_code' ? known.of(code) : isRefresh ? known.of(token) : null
  const said = errorIn(returned)
  const answer = said === null ? record(returned) : {}
  const clientId = clientIdIn(body, headers)
  const reason = said && (knownReason(said, from, clientId) ?? said.reason ?? null)
  const isReused = reason === 'refresh_reused'
  const accountId = from?.accountId ?? subjectIn(answer)?.id ?? subjectOfToken(answer)
  const isForUser = type !== 'client_credentials'
  const refreshToken = text(answer.refresh_token)
  // For `refreshTokenReuseInterval` it gives the same answer again.
  const isGraceReplay = isRefresh && said === null && from?.isUsed === true
  if (from !== null && (said === null || reason?.startsWith('pkce_'))) from.isUsed = true
  if (refreshToken !== null && known.of(refreshToken) === null) {
    known.add(refreshToken, { accountId: accountId ?? null, clientId, from })
  }
  return {
    action: 'oauth.token',
    ...(clientId !== null && isClientFound(clientId, said) && clientOf(clientId, headers, body)),
    accountId: isForUser ? (accountId ?? null) : null,
    ...{ parameters: body, answer },
    known: { scopes: wordsOf(text(answer.scope)) },
    grantIds: from === null ? [] : [from.family],
    refresh:
      isRefresh && from !== null
        ? {
            rotated: refreshToken !== null && refreshToken !== token && !isGraceReplay,
            ...(isGraceReplay && { isGraceReplay }),
            ...{ rotations: from.rotations, issuedAtS: from.issuedAtS, reused: isReused },
          }
        : null,
    // It takes back the whole family then.
    grantRevoked: isReused,
    error: said && { ...said, reason },
  }
}

/** RFC 8628 section 3.1. */
function tellDevice({ body, headers, returned }: Answered): ToldAction {
  const error = errorIn(returned)
  return {
    action: 'oauth.device_authorization',
    ...clientAsking({ body, headers }, error),
    parameters: body,
    known: { scopes: error === null ? wordsOf(text(body.scope)) : [] },
    error,
  }
}

/** Section 3.3: the user has looked at the code, and says yes or no. */
function tellDeviceAnswer({ returned, accountId }: Answered, consented: boolean): ToldAction {
  const refused: ToldError = { code: '_OTHER', type: 'access_denied', reason: 'access_denied' }
  const error = errorIn(returned) ?? (consented ? null : refused)
  return {
    ...{ action: 'oauth.device_verification', endpoint: 'device_resume', accountId, error },
    consented: error === null ? true : null,
  }
}

/** The same words are for what never was, what is over, and what was used before. */
function knownReason(
  { reason }: ToldError,
  from: KnownIssue | null,
  clientId: string | null,
): ServerReason | null {
  if (from === null || (reason !== 'code_unknown' && reason !== 'token_unknown')) return null
  if (from.clientId !== clientId) return 'client_not_allowed'
  if (!from.isUsed) return null
  return reason === 'code_unknown' ? 'code_replayed' : 'refresh_reused'
}

function subjectOfToken({ access_token: token }: Members): string | null {
  return text(record(decodeJwt(text(token) ?? '')?.claims).sub)
}

function tellIntrospect({ body, headers, returned }: Answered): ToldAction {
  const { active, sub, scope, exp, iat } = record(returned)
  const error = errorIn(returned)
  const isActive = active === true
  return {
    action: 'oauth.introspect',
    ...clientAsking({ body, headers }, error),
    accountId: isActive ? text(sub) : null,
    presented: presentedOf(body.token, {
      ...{ isFound: isActive, isActive: error === null ? isActive : null, isRevoked: false },
      ...{ scope: isActive ? text(scope) : null, issuedAtS: isActive ? integer(iat) : null },
      expiresAtS: isActive ? integer(exp) : null,
    }),
    ...(error === null && !isActive && { reason: 'token_unknown' }),
    error,
  }
}

function tellRevoke({ body, headers, returned }: Answered): ToldAction {
  const error = errorIn(returned)
  const issue = known.of(body.token)
  return {
    action: 'oauth.revoke',
    ...clientAsking({ body, headers }, error),
    accountId: issue?.accountId ?? null,
    presented: presentedOf(body.token, {
      ...{ isFound: error === null, isActive: null, isRevoked: error === null },
      ...{ scope: null, issuedAtS: issue?.issuedAtS ?? null, expiresAtS: null },
    }),
    error,
  }
}

function tellUserInfo({ headers, returned, body }: Answered): ToldAction {
  const bearer = /^(?:Bearer|DPoP) +(.+)$/i.exec(headers?.get('authorization') ?? '')?.[1]
  const error = errorIn(returned)
  return {
    action: 'oauth.userinfo',
    accountId: error === null ? text(record(returned).sub) : null,
    presented: presentedOf(bearer ?? body.access_token, {
      ...{ isFound: error === null, isActive: null, isRevoked: false },
      ...{ scope: null, issuedAtS: null, expiresAtS: null },
      location: bearer === undefined ? 'body' : 'header',
    }),
    error,
  }
}

type Presented = NonNullable<ToldAction['presented']>
type Shown = Omit<Presented, 'value' | 'type' | 'location' | 'audience' | 'binding' | 'hasGrant'>

function presentedOf(
  token: unknown,
  shown: Shown & Partial<Pick<Presented, 'location'>>,
): Presented | null {
  const value = text(token)
  if (value === null) return null
  return {
    value,
    type: null,
    location: 'body',
    audience: [],
    binding: null,
    hasGrant: false,
    ...shown,
  }
}

function tellClient(
  { path, body, returned, accountId }: Answered,
  endpoint: NonNullable<ToldAction['endpoint']>,
): ToldAction {
  const error = errorIn(returned)
  const asked = endpoint === 'registration' ? null : text(body.client_id)
  return {
    ...{ action: 'oauth.register', endpoint, accountId, error },
    registeredClientId: error === null ? (text(record(returned).client_id) ?? asked) : null,
    isDynamicClient: path === '/oauth2/register' && accountId === null,
  }
}

function clientAsking(
  { body, headers }: Pick<Answered, 'body' | 'headers'>,
  error: ToldError | null,
): Pick<ToldAction, 'client'> {
  const id = clientIdIn(body, headers)
  return id !== null && isClientFound(id, error) ? clientOf(id, headers, body) : {}
}

function clientOf(
  id: string,
  headers: Headers | null,
  body: Members,
): { readonly client: NonNullable<ToldAction['client']> } {
  if (text(body.client_assertion) !== null) {
    return { client: { id, authMethod: 'private_key_jwt', ...assertionIn(body) } }
  }
  const authorization = headers?.get('authorization') ?? null
  return { client: { id, authMethod: authMethodOf({ headers: { authorization }, body }) } }
}

function clientIdIn({ client_id: id }: Members, headers: Headers | null): string | null {
  const [, basic] = /^Basic ([\w+/=-]+)$/i.exec(headers?.get('authorization') ?? '') ?? []
  if (basic === undefined) return text(id)
  return text(Buffer.from(basic, 'base64').toString().split(':')[0])
}

/**
 * Anybody can write any name into a request: it is told when there is a client of that name. A code
 * or a refresh token that is none is refused before the client is looked for.
 */
function isClientFound(id: string, error: ToldError | null): boolean {
  if (error === null) clients.add(id)
  if (error === null || error.code === 'invalid_scope') return true
  return codeErrors.has(error.code) && clients.has(id)
}

const codeErrors = new Set([
  ...['invalid_grant', 'authorization_pending', 'slow_down', 'access_denied', 'expired_token'],
])

const byText: readonly (readonly [RegExp, ServerReason])[] = [
  [/^invalid refresh token$|^refresh token not found$|^session not found$/i, 'token_unknown'],
  [/^invalid code$|^code not found/i, 'code_unknown'],
  [/^code expired|code has expired/i, 'code_expired'],
  [/^code verification failed$|^code_verifier provided but/, 'pkce_mismatch'],
  [/^code_verifier required|^pkce is required/i, 'pkce_missing'],
  [/redirect_uri/, 'redirect_uri_mismatch'],
  [
    /^invalid client_secret|missing required credentials|client assertion/,
    'client_credentials_invalid',
  ],
  [/^client (?:not found|no longer exists)|unknown client|^invalid client_id/, 'client_unknown'],
  [/not authorized to use|client is disabled|^public clients/, 'client_not_allowed'],
  [/scope/i, 'scope_not_allowed'],
  [/^missing user|^user not found/, 'account_unknown'],
  [/token (?:expired|revoked)/, 'token_expired'],
  [/^invalid access token/i, 'token_unknown'],
]

/** Of an error of the API, which is what an endpoint answers with; null: it is none. */
function errorIn(returned: unknown): ToldError | null {
  if (!(returned instanceof Error)) return null
  const { body, statusCode } = returned as {
    readonly body?: unknown
    readonly statusCode?: unknown
  }
  if (integer(statusCode) !== null && Number(statusCode) < 400) return null
  const { error, error_description: said } = record(body)
  return errorOf(text(error) ?? '_OTHER', text(said))
}

function errorOf(code: string, said: string | null = null): ToldError {
  const reason = said === null ? null : (byText.find(([form]) => form.test(said))?.[1] ?? null)
  return { code, reason, detail: said }
}
