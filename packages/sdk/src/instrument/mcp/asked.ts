// A request to one of the endpoints of an authorization server of MCP, while it is served: its
// handlers swallow what goes wrong and answer it, so it is picked up where it passes. At the end
// that becomes what the record says.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { HttpFacts, PresentedFacts, RefreshFacts } from '../../facts.ts'
import { decodeJwt } from '../client-call/jwt.ts'
import type { ToldAction } from '../defined/action.ts'
import type { ServedRequest } from '../scopes.ts'
import { attempt, integer, type Members, record, text } from '../unknown.ts'
import { reasonOf } from './reason.ts'

export type AskedAction = 'oauth.authorize' | 'oauth.token' | 'oauth.revoke' | 'oauth.register'

/** What the server was set up with, as far as its options say. */
export interface ServerOptions {
  readonly issuer: string | null
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

export interface Asked {
  readonly action: AskedAction
  readonly served: ServedRequest
  /** Of Express. */
  readonly request: Members
  readonly response: Members
  readonly server: ServerOptions
  /** As it is registered; null: nobody knows it. */
  client: Members | null
  /** A client that has just been registered. */
  registered: Members | null
  /** The token response. */
  answer: Members | null
  /** The client and its redirect URI were found good. */
  isChecked: boolean
  isRevoked: boolean
  /** As it was made for the answer. */
  error: { readonly code: string; readonly message: string | null } | null
  /** The application's provider threw it. */
  isThrown: boolean
  /** It is known what came of it. */
  isDone: boolean
  /** Tells it again, now that it is. */
  readonly tellAgain: () => void
}

/** It is known by now what came of it: that is told at once where nobody waits for the answer. */
export function conclude(asked: Asked): void {
  asked.isDone = true
  if (asked.served.late !== undefined) asked.tellAgain()
}

export const askedNow: AsyncLocalStorage<Asked> = new AsyncLocalStorage()

/** What its record says. */
export function toldOf(asked: Asked, http: HttpFacts): ToldAction {
  const { action, client, registered, server } = asked
  const parameters = action === 'oauth.register' ? {} : parametersOf(asked)
  const isDynamicClient = registered !== null || integer(client?.client_id_issued_at) !== null
  // What a client has registered for itself anybody may have typed.
  const own = isDynamicClient ? [] : (text(client?.scope)?.split(' ') ?? [])
  const scopes = [...server.scopes, ...own]
  const one = registered ?? client
  const error = errorOf(asked, http)
  return {
    action,
    issuer: server.issuer,
    parameters,
    known: { scopes, resources: server.resources, isRedirectUri: asked.isChecked },
    ...(one && { client: { id: text(one.client_id) ?? '', authMethod: authMethodOf(one) } }),
    isDynamicClient,
    registeredClientId: text(registered?.client_id),
    accountId: accountOf(asked),
    answer: asked.answer ?? {},
    succeeded: error === null && hasSucceeded(asked),
    ...(error && { error: { code: error.code, ...textOf(error.reason) }, reason: error.reason }),
    refresh: refreshOf(asked, parameters, error?.reason ?? null),
    presented: presentedOf(asked, parameters),
  }
}

function parametersOf({ request }: Asked): Members {
  const { method, query, body } = request
  return record(method === 'GET' ? query : body)
}

/** As the library takes it where a client has not said it (RFC 7591 section 2). */
function authMethodOf(client: Members): string {
  const secret = text(client.client_secret) === null ? 'none' : 'client_secret_post'
  return text(client.token_endpoint_auth_method) ?? secret
}

function hasSucceeded(asked: Asked): boolean {
  switch (asked.action) {
    case 'oauth.authorize':
      return asked.isChecked && redirectOf(asked)?.has('code') === true
    case 'oauth.token':
      return asked.answer !== null
    case 'oauth.revoke':
      return asked.isRevoked
    case 'oauth.register':
      return asked.registered !== null
  }
}

interface Failure {
  readonly code: string
  /** null: the code says it. */
  readonly reason: string | null
}

function errorOf(asked: Asked, { status }: HttpFacts): Failure | null {
  const grant = text(parametersOf(asked).grant_type)
  const { isThrown } = asked
  const told = asked.error
  if (told !== null) return { code: told.code, reason: reasonOf({ ...told, grant, isThrown }) }
  // Who asks too often is answered before anything of it is looked at.
  if (status === 429) return { code: 'too_many_requests', reason: 'rate_limited' }
  const redirect = asked.isChecked || asked.client !== null ? redirectOf(asked) : null
  const code = redirect?.get('error') ?? null
  if (code === null) return null
  const message = redirect?.get('error_description') ?? null
  return { code, reason: reasonOf({ code, message, grant, isThrown }) }
}

/** Words that describe/ has for these. */
const texts: Readonly<Record<string, string>> = {
  pkce_mismatch: 'code_verifier does not match',
  pkce_missing: 'code_verifier must be provided',
  client_not_allowed: 'client is not allowed',
}

function textOf(reason: string | null): { readonly detail: string } | undefined {
  const detail = texts[reason ?? '']
  return detail === undefined ? undefined : { detail }
}

/** Parameters of the redirect to the client; null: there is none, or it goes elsewhere. */
function redirectOf({ action, client, request, response }: Asked): URLSearchParams | null {
  if (action !== 'oauth.authorize') return null
  const { getHeader } = response
  if (typeof getHeader !== 'function') return null
  const location = URL.parse(text(attempt(() => getHeader.call(response, 'location'))) ?? '')
  const { redirect_uri: asked } = parametersOf({ request } as Asked)
  const own = [text(asked) ?? client?.redirect_uris].flat().map((uri) => URL.parse(String(uri)))
  const isOwn = own.some(
    (uri) => uri?.origin === location?.origin && uri?.pathname === location?.pathname,
  )
  return location !== null && isOwn ? location.searchParams : null
}

/** Its own tokens say whom they are for: nobody else has made them. */
function accountOf({ answer, client }: Asked): string | null {
  for (const token of [answer?.id_token, answer?.access_token]) {
    const subject = text(decodeJwt(text(token) ?? '')?.claims.sub)
    if (subject !== null && subject !== client?.client_id) return subject
  }
  return null
}

function refreshOf(
  { answer }: Asked,
  parameters: Members,
  reason: string | null,
): RefreshFacts | null {
  if (parameters.grant_type !== 'refresh_token') return null
  const isReused = reason === 'refresh_reused'
  if (answer === null && !isReused) return null
  const issued = text(answer?.refresh_token)
  const rotated = issued !== null && issued !== parameters.refresh_token
  return { rotated, rotations: null, reused: isReused, issuedAtS: null }
}

/** Whether there was such a token, the library does not ask. */
function presentedOf({ action, isRevoked }: Asked, parameters: Members): PresentedFacts | null {
  const value = text(parameters.token)
  if (action !== 'oauth.revoke' || value === null) return null
  const hint = text(parameters.token_type_hint)
  return {
    value,
    isFound: false,
    type: hint === 'access_token' || hint === 'refresh_token' ? hint : null,
    location: 'body',
    ...{ scope: null, audience: [], issuedAtS: null, expiresAtS: null, binding: null },
    ...{ isActive: null, isRevoked, hasGrant: false },
  }
}
