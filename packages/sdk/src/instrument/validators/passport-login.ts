// Log-ins by a strategy of passport that looks at no token. With OAuth at another site
// (passport-oauth2 and what is built on it, passport-openidconnect): the record is the client's,
// and stands beside those of its requests. With a form (passport-local): that of an authorization
// server, if the service is one; oidc-provider's own record of the same request goes before.
import type { CallErrorFacts, CallFacts, HttpFacts, InteractionFacts } from '../../facts.ts'
import { networkFailure, protocolFailure } from '../client-call/failure.ts'
import { parametersOf } from '../client-call/form.ts'
import type { Seam } from '../defined/seam.ts'
import { keepTold, type ServedRequest } from '../scopes.ts'
import { serverOf } from '../server.ts'
import { attempt, isObject, record, text } from '../unknown.ts'

/** How a strategy ends. */
export type End = 'success' | 'fail' | 'error' | 'redirect' | 'pass'

export type OnEnd = (end: End, args: readonly unknown[]) => void

export interface Login {
  /** The strategy, as passport has it for one request. */
  readonly strategy: unknown
  /** Its name. */
  readonly part: string | null
  /** Of the framework. */
  readonly request: unknown
  readonly seam: Seam
  readonly served: ServedRequest | undefined
}

const action = 'oauth.login'

/** What is to know its end; null: it is no log-in. */
export function openLogin(login: Login): OnEnd | null {
  const { _oauth2: oauth2, _passwordField: field } = record(login.strategy)
  if (isObject(oauth2)) return elsewhere(login)
  return text(field) === null ? null : withForm(login)
}

function libraryOf({ seam, part }: Login): string {
  return /^[\w.-]{1,32}$/.test(part ?? '') ? `${seam.library}/${part}` : seam.library
}

function elsewhere(login: Login): OnEnd {
  const open = login.seam.calls.open()
  return (end, args) => {
    const isRefused = record(record(login.request).query).error === 'access_denied'
    const error = endings[end](args, isRefused)
    if (error === undefined) open.drop()
    else open.end(action, () => callFacts(login, error, end === 'success' ? args[0] : null))
  }
}

type Ending = (
  args: readonly unknown[],
  /** By the user, there. */
  isRefused: boolean,
) => CallErrorFacts | null | undefined

/** Why it ended; null: well, undefined: it has not, for the user is sent to the other site. */
const endings: Readonly<Record<End, Ending>> = {
  success: () => null,
  fail: ([challenge], isRefused) =>
    isRefused ? protocolFailure('access_denied') : failureOf(challenge),
  error: ([error]) => errorOf(error),
  redirect: () => undefined,
  pass: () => undefined,
}

/** Texts of passport-oauth2 and passport-openidconnect. */
const byText: readonly (readonly [RegExp, string])[] = [
  [/authorization request state/, 'state_mismatch'],
  [/not issued by expected/, 'issuer_mismatch'],
  [/not (?:intended for|issued to) this relying party/, 'audience_mismatch'],
  [/ID token has expired/, 'token_expired'],
  [/invalid nonce/, 'nonce_mismatch'],
  [/Too much time has elapsed/, 'login_required'],
]

/** Without a text that is known, the application did not know the user. */
function failureOf(challenge: unknown): CallErrorFacts {
  const said = text(record(challenge).message) ?? ''
  const reason = byText.find(([pattern]) => pattern.test(said))?.[1] ?? 'account_unknown'
  return { code: null, type: reason, reason, by: 'client' }
}

function errorOf(error: unknown): CallErrorFacts {
  const { code, oauthError } = record(error)
  if (text(code) !== null && /^[a-z_]+$/.test(String(code))) return protocolFailure(code)
  return isObject(oauthError) ? networkFailure(oauthError) : networkFailure(error)
}

function callFacts(login: Login, error: CallErrorFacts | null, user: unknown): CallFacts {
  const { _oauth2: oauth2, _issuer: issuer } = record(login.strategy)
  const { _clientId: clientId, _accessTokenUrl: endpoint } = record(oauth2)
  const url = URL.parse(text(endpoint) ?? '')
  const id = userOf(user)
  const subject = { sessionId: null, authTimeS: null, acr: null, amr: [] }
  return {
    ...{ kind: 'call', action, library: libraryOf(login), issuer: text(issuer) },
    ...{ server: url && serverOf(url), method: null, status: null },
    ...{ clientId: text(clientId), clientAuthMethod: null },
    parameters: parametersOf(new URLSearchParams()),
    ...{ exchange: null, token: null, tokens: null, active: null, claims: null },
    subject: id === null ? null : { id, ...subject },
    idp: login.part,
    error,
  }
}

function withForm(login: Login): OnEnd | null {
  const { seam, served } = login
  if (served === undefined || seam.options.roles?.includes('authorization_server') === false) {
    return () => undefined
  }
  return (end, args) => {
    if (end === 'redirect' || end === 'pass') return
    const id = end === 'success' ? userOf(args[0]) : null
    const isBroken = end === 'error'
    const facts: Omit<InteractionFacts, 'http'> = {
      ...{ kind: 'interaction', action, library: libraryOf(login), issuer: null, client: null },
      ...{ accountId: id, sessionUid: null, grantId: null, acr: null, amr: ['pwd'] },
      scope: { requested: null, granted: null },
      result: end === 'success' ? 'success' : 'failure',
      errorCode: isBroken ? 'server_error' : null,
      reason: isBroken ? 'internal' : null,
    }
    const at = (http: HttpFacts): InteractionFacts => ({
      ...{ ...facts, ...afterwards(facts, http), http },
    })
    keepTold(served, { action, facts: at })
  }
}

/** Whoever has the right password may still be refused by the application, or its session fail. */
function afterwards(
  { result }: Pick<InteractionFacts, 'result'>,
  { status }: HttpFacts,
): Partial<InteractionFacts> {
  if (result !== 'success' || status < 400) return {}
  return status < 500
    ? { result: 'failure', reason: 'access_denied' }
    : { result: 'failure', errorCode: 'server_error', reason: 'internal' }
}

/** Who a user is, which is an object of the application, or its identifier. */
export function userOf(user: unknown): string | null {
  const names = ['sub', 'id', 'username']
  const told = names.map((name) => attempt(() => record(user)[name]))
  for (const one of [...told, user]) {
    if (typeof one === 'number') return `${one}`
    if (text(one) !== null) return text(one)
  }
  return null
}
