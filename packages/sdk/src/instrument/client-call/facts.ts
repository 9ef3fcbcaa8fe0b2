// From what was seen of a call to its facts: of an exchange that only its transport saw, and of a
// call that a client library made.
import type { CallErrorFacts, CallFacts, TokenFacts } from '../../facts.ts'
import { type RoleClaims, verifiedClaims } from '../claims.ts'
import type { Exchange } from '../scopes.ts'
import { type Members, text } from '../unknown.ts'
import { serverOf } from '../server.ts'
import { skewIn, subjectIn, subjectOf, tokensOf } from './answer.ts'
import { clientOf } from './client-authentication.ts'
import { answerFailure, networkFailure } from './failure.ts'
import { parametersOf, tokenExchangeOf } from './form.ts'

/** One exchange of which nothing else is known. */
export interface PlainExchange {
  readonly action: string
  readonly library: string
  readonly exchange: Exchange & { readonly form: URLSearchParams }
  /** null: not read. */
  readonly answer: Members | null
  /** JSON pointers to the claims that name roles. */
  readonly roleClaims: RoleClaims
}

/** The facts of an exchange that only its transport saw. */
export function exchangeFacts(plain: PlainExchange): CallFacts {
  const { action, library, exchange, answer, roleClaims } = plain
  const { form, status, method, url } = exchange
  const client = clientOf(exchange)
  const isBroken = status === null || exchange.error !== null
  const error = isBroken ? networkFailure(exchange.error) : answerFailure(status, answer ?? {})
  return {
    kind: 'call',
    action,
    library,
    issuer: action === 'oauth.discovery' ? text(answer?.issuer) : null,
    server: serverOf(url),
    method,
    status,
    clientId: client.id ?? (action === 'oauth.register' ? text(answer?.client_id) : null),
    clientAuthMethod: withoutClient.has(action) ? null : client.authMethod,
    clientAssertionKid: client.assertionKid ?? null,
    parameters: parametersOf(form),
    ...saidOf({
      action,
      form,
      answer: error === null && answer !== null ? answer : {},
      roleClaims,
    }),
    error,
  }
}

/** A call of a client library, as its arguments, its result and its requests tell. */
export interface LibraryCall {
  readonly action: string
  readonly library: string
  readonly issuer: string | null
  readonly clientId: string | null
  /** As registered, for what a request does not show (RFC 8705). */
  readonly authMethod: string | null
  /** URLs of the endpoint that it is about: a library may have to fetch keys, too. */
  readonly endpoints: readonly string[]
  readonly exchanges: readonly Exchange[]
  /** Parameters by its arguments, for a transport that nobody sees. */
  readonly form: URLSearchParams
  /** Members of its result; empty after an error. */
  readonly answer: Members
  readonly error: CallErrorFacts | null
  /** JSON pointers to the claims that name roles. */
  readonly roleClaims: RoleClaims
}

/** The facts of a library's call. */
export function libraryFacts(call: LibraryCall): CallFacts {
  const { action, library, issuer, endpoints, exchanges, answer, error } = call
  const exchange = exchangeWith(endpoints, exchanges)
  const form = exchange?.form ?? call.form
  const shown = exchange === null ? null : clientOf({ ...exchange, form })
  const url = exchange?.url ?? URL.parse(endpoints[0] ?? '')
  return {
    kind: 'call',
    action,
    library,
    issuer,
    server: url && serverOf(url),
    method: exchange?.method ?? null,
    status: exchange?.status ?? null,
    clientId: call.clientId ?? shown?.id ?? null,
    clientAuthMethod: withoutClient.has(action) ? null : authMethodOf(shown, call),
    clientAssertionKid: shown?.assertionKid ?? null,
    parameters: parametersOf(form),
    ...saidOf({ action, form, answer, roleClaims: call.roleClaims }),
    error: error && withoutReach(error, isPoll(form) ? exchanges : [exchange]),
  }
}

/** Grants whose client asks again and again, until the user has answered or its time is over. */
const polls = new Set([
  ...['urn:ietf:params:oauth:grant-type:device_code', 'urn:openid:params:grant-type:ciba'],
])

function isPoll(form: URLSearchParams | null): boolean {
  return polls.has(form?.get('grant_type') ?? '')
}

/** Who was answered has reached the server: one that polled, also when its last request was cut. */
function withoutReach(
  error: CallErrorFacts,
  exchanges: readonly (Exchange | null)[],
): CallErrorFacts {
  const isAnswered = exchanges.some((exchange) => (exchange?.status ?? 0) >= 400)
  return error.by === 'network' && isAnswered ? { ...error, reason: null } : error
}

/** Requests in which no client shows who it is. */
const withoutClient = new Set([
  ...['oauth.authorize', 'oauth.discovery', 'oauth.register', 'oauth.userinfo'],
])

/** What the request showed; where it showed nothing, what the client is registered for. */
function authMethodOf(
  shown: ReturnType<typeof clientOf> | null,
  { authMethod }: LibraryCall,
): string | null {
  const method = shown?.authMethod ?? null
  return method === null || method === 'none' ? (authMethod ?? method) : method
}

/** The last one with the endpoint: a DPoP nonce makes two. Else the last one. */
function exchangeWith(
  endpoints: readonly string[],
  exchanges: readonly Exchange[],
): Exchange | null {
  const wanted = new Set(endpoints.map((endpoint) => bare(URL.parse(endpoint))))
  return exchanges.findLast(({ url }) => wanted.has(bare(url))) ?? exchanges.at(-1) ?? null
}

function bare(url: URL | null): string | null {
  return url && `${url.origin}${url.pathname}`
}

type Said = Pick<
  CallFacts,
  'exchange' | 'token' | 'tokens' | 'subject' | 'active' | 'claims' | 'clockSkewS'
>

interface Asked {
  readonly action: string
  readonly form: URLSearchParams
  readonly answer: Members
  readonly roleClaims: RoleClaims
}

const nothing: Said = {
  exchange: null,
  token: null,
  tokens: null,
  subject: null,
  active: null,
  claims: null,
}

/** What an answer of success said, by what was asked. */
function saidOf({ action, form, answer, roleClaims }: Asked): Said {
  const value = text(form.get('token'))
  const token = value === null ? null : { value, type: text(form.get('token_type_hint')) }
  switch (action) {
    case 'oauth.token':
      return {
        ...nothing,
        exchange: tokenExchangeOf(form, answer),
        tokens: tokensOf(answer),
        subject: subjectIn(answer),
        ...skewIn(answer),
      }
    case 'oauth.introspect':
      return { ...nothing, token, ...introspected(answer, roleClaims) }
    case 'oauth.userinfo':
      return { ...nothing, token, subject: subjectOf(answer) }
    case 'oauth.authorize':
      return { ...nothing, tokens: subjectOf(answer) && onlyIdToken, subject: subjectOf(answer) }
    default:
      return { ...nothing, token }
  }
}

/** RFC 7662 section 2.2: of a token that is not active nothing else is said. */
function introspected(
  answer: Members,
  roleClaims: RoleClaims,
): Pick<CallFacts, 'active' | 'claims' | 'subject'> {
  const active = typeof answer.active === 'boolean' ? answer.active : null
  if (active !== true) return { active, claims: null, subject: null }
  return { active, claims: verifiedClaims(answer, roleClaims), subject: subjectOf(answer) }
}

/** Of the implicit flow for log-ins (OpenID Connect Core section 3.2). */
const onlyIdToken: TokenFacts = {
  accessToken: null,
  refreshToken: null,
  hasIdToken: true,
  expiresInS: null,
  scope: null,
  isJwt: false,
  binding: null,
  audience: [],
}
