// What a request to the application's page to log in or consent came to.
import type { Occurrence } from '../../event.ts'
import type { HttpFacts, InteractionFacts } from '../../facts.ts'
import type { Stopwatch } from '../clock.ts'
import { attempt, integer, type Members, record, text, texts } from '../unknown.ts'
import { clientAddress, type IncomingRequest } from './context.ts'
import { matchingCode } from './error.ts'

/** The parts of a response that we read. */
interface ResponseLike {
  readonly statusCode?: unknown
  readonly headersSent?: unknown
  readonly writableEnded?: unknown
}

/** A request to such a page, and what came of it so far. */
export interface Answered {
  readonly provider: Members
  readonly request: IncomingRequest
  readonly response: ResponseLike
  readonly remoteAddress: string | null
  readonly stopwatch: Stopwatch
  readonly parent: Occurrence['parent']
  /** What was asked; null as long as the library has not said it. */
  interaction: Members | null
  /** What the application answered. */
  result: Members | null
  /** Why the library did not take an answer. */
  failure: unknown
}

type Action = InteractionFacts['action']

/** A page that is only asked for, unless it answers, too. */
export function isShown({ request }: Answered): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

/**
 * A page is for what its prompt is named. What a prompt of the application's own is for only its
 * answer tells. null: nothing was tried, or nothing that we know.
 */
export function actionOf(answered: Answered): Action | null {
  const { interaction, result, failure } = answered
  if (isShown(answered) && result === null && failure === null) return null
  const { name } = record(interaction?.prompt)
  if (name === 'login' || record(result?.login).accountId !== undefined) return 'oauth.login'
  return name === 'consent' || result?.consent !== undefined ? 'oauth.consent' : null
}

/** The facts of such a request, when its response has ended. */
export function answerFacts(
  action: Action,
  answered: Answered,
  grantOf: (id: string) => Members | null,
): InteractionFacts {
  const { provider, interaction, result } = answered
  const session = record(interaction?.session)
  const params = record(interaction?.params)
  const login = action === 'oauth.login' ? record(result?.login) : session
  const clientId = text(params.client_id)
  const grantId = text(record(result?.consent).grantId)
  const http = httpFacts(answered)
  return {
    kind: 'interaction',
    action,
    library: 'oidc-provider',
    issuer: text(provider.issuer),
    http,
    client: clientId === null ? null : { id: clientId, name: null, authMethod: null },
    accountId: text(login.accountId),
    sessionUid: text(session.uid),
    grantId: grantId ?? text(interaction?.grantId),
    scope: {
      requested: action === 'oauth.consent' ? askedScope(interaction) : null,
      granted: grantId === null ? null : grantedScope(grantOf(grantId), text(params.scope)),
    },
    result: resultOf(answered, http.status),
    errorCode: result !== null && 'error' in result ? matchingCode(result.error) : null,
    reason: result === null ? reasonOf(answered.failure) : null,
    acr: text(login.acr),
    amr: texts(login.amr),
  }
}

function resultOf({ result, failure }: Answered, status: number): InteractionFacts['result'] {
  if (result !== null) {
    if (!('error' in result)) return 'success'
    return result.error === 'access_denied' ? 'denied' : 'failure'
  }
  return failure !== null || status === 0 || status >= 400 ? 'failure' : 'open'
}

/** What the library refuses here is an interaction, or a session behind it, that is over. */
function reasonOf(failure: unknown): string | null {
  if (failure === null) return null
  return record(failure).name === 'SessionNotFound' ? 'session_ended' : 'internal'
}

/** The scopes that the page asks the user for. */
function askedScope(interaction: Members | null): string | null {
  const { missingOIDCScope, missingResourceScopes } = record(record(interaction?.prompt).details)
  const missing = [missingOIDCScope, ...Object.values(record(missingResourceScopes))].flatMap(texts)
  return missing.length === 0 ? null : missing.join(' ')
}

/** Of the requested scopes those that the grant has. */
export function grantedScope(grant: Members | null, requested: string | null): string | null {
  if (grant === null || requested === null) return null
  const rejected = scopesOf(record(grant.rejected))
  const granted = scopesOf(grant)
  const asked = requested.split(' ')
  // As in grant.js of the library: `openid` cannot be rejected.
  const isGranted = (scope: string): boolean =>
    granted.has(scope) && (scope === 'openid' || !rejected.has(scope))
  return text(asked.filter(isGranted).join(' '))
}

function scopesOf({ openid, resources }: Members): ReadonlySet<string> {
  const all = [record(openid).scope, ...Object.values(record(resources))]
  return new Set(all.flatMap((scope) => (text(scope) ?? '').split(' ')))
}

function httpFacts({ provider, request, response, remoteAddress }: Answered): HttpFacts {
  const isAnswered = response.headersSent === true || response.writableEnded === true
  return {
    method: text(request.method) ?? '_OTHER',
    route: routeOf(request),
    // It names the interaction, which is as secret as a session.
    target: null,
    status: (isAnswered && integer(response.statusCode)) || 0,
    clientAddress: clientAddress(
      request,
      () => koaAddress(provider, request, response),
      remoteAddress,
    ),
    userAgent: text(request.headers?.['user-agent']),
  }
}

/** Express shows the template of the route; a router in a router shows its path, which is none. */
function routeOf(request: object): string | null {
  const { route, baseUrl } = record(request)
  return text(baseUrl) === null ? text(attempt(() => record(route).path)) : null
}

/** As the provider itself sees the client when it stands behind a proxy. */
function koaAddress(provider: Members, request: object, response: object): unknown {
  const { proxy, createContext } = provider
  if (proxy !== true || typeof createContext !== 'function') return null
  return record(createContext.call(provider, request, response)).ip
}
