// What an authorization server did for the request that is served: its record is made when that
// ends, with what the transport knows of it then.
import type { ClientFacts, Endpoint, ErrorFacts, HttpFacts } from '../../facts.ts'
import type { KnownFacts, ServerFacts } from '../../facts.ts'
import { SdkError } from '../../codes.ts'
import { tokensOf } from '../client-call/answer.ts'
import { parametersOf, tokenExchangeOf } from '../client-call/form.ts'
import { type Members, text } from '../unknown.ts'
import { formOf } from './call.ts'
import { type ServerReason, serverReasonOf } from './reasons.ts'

/** What has a shorter form below, or is the transport's to tell. */
type Short = 'kind' | 'library' | 'http' | 'atS' | 'action' | 'endpoint' | 'parameters' | 'tokens'
type Parts = 'client' | 'error' | 'known' | 'scope'

/** What was done; any further member of ServerFacts may be told, too. */
export interface ToldAction extends Partial<Omit<ServerFacts, Short | Parts>> {
  readonly action: ServerAction
  /** Where it was asked for; by default the one of the action. */
  readonly endpoint?: Endpoint
  readonly client?: { readonly id: string } & Partial<ClientFacts>
  /** Of the request, by their names in it, each a text or a list of texts. */
  readonly parameters?: Members
  /** What the library knows of them; all else may be anything that somebody typed. */
  readonly known?: Partial<KnownFacts>
  readonly scope?: Partial<ServerFacts['scope']>
  /** Members of a token response (RFC 6749 section 5.1). */
  readonly answer?: Members
  /** `code` is the one on the wire. Without it an answer that is one of HTTP is told as such. */
  readonly error?: ToldError | null
}

/** Why an authorization server did not do what it was asked for. */
export interface ToldError extends Partial<Omit<ErrorFacts, 'reason'>> {
  readonly code: string
  readonly reason?: ServerReason | null
}

type ServerAction = `oauth.${
  | 'authorize'
  | 'backchannel_authentication'
  | 'device_authorization'
  | 'device_verification'
  | 'end_session'
  | 'introspect'
  | 'par'
  | 'register'
  | 'revoke'
  | 'token'
  | 'userinfo'}`

const endpoints: Readonly<Record<ServerAction, Endpoint>> = {
  'oauth.authorize': 'authorization',
  'oauth.backchannel_authentication': 'backchannel_authentication',
  'oauth.device_authorization': 'device_authorization',
  'oauth.device_verification': 'code_verification',
  'oauth.end_session': 'end_session',
  'oauth.introspect': 'introspection',
  'oauth.par': 'pushed_authorization_request',
  'oauth.register': 'registration',
  'oauth.revoke': 'revocation',
  'oauth.token': 'token',
  'oauth.userinfo': 'userinfo',
}

/** RFC 6749, 7523, 8628, 8693; OpenID Connect CIBA. */
const grantTypes = [
  ...['authorization_code', 'client_credentials', 'refresh_token', 'password'],
  ...['urn:ietf:params:oauth:grant-type:jwt-bearer'],
  ...['urn:ietf:params:oauth:grant-type:device_code'],
  ...['urn:ietf:params:oauth:grant-type:token-exchange', 'urn:openid:params:grant-type:ciba'],
]

const nothing = {
  issuer: null,
  accountId: null,
  roles: [],
  actors: [],
  sessionUid: null,
  grantIds: [],
  authTimeS: null,
  acr: null,
  amr: [],
  isRefused: false,
  reason: null,
  consented: false,
  presented: null,
  refresh: null,
  exchange: null,
  proof: { hasDpop: false, boundKey: null, boundCertificate: null },
  grantRevoked: false,
  registeredClientId: null,
  isDynamicClient: false,
}

const codeForm = /^[a-z_]{1,64}$/

/** Throws SdkError INSTRUMENTATION_INVALID for an action that no authorization server has. */
export function checkAction({ action }: ToldAction): void {
  if (!Object.hasOwn(endpoints, action)) throw new SdkError('INSTRUMENTATION_INVALID', 'action')
}

/** The facts of it. `http`: of the request; null when it came by none that we see. */
export function actionFacts(
  library: string,
  told: ToldAction,
  http: HttpFacts | null,
): ServerFacts {
  const { action, endpoint, client, parameters = {}, known, scope, answer = {}, ...more } = told
  const { error = failureOf(more, http), ...own } = more
  const form = formOf(parameters)
  return {
    ...nothing,
    succeeded: error === null && more.isRefused !== true,
    exchange: tokenExchangeOf(form, answer),
    ...own,
    kind: 'server',
    ...{ action, library, atS: Math.floor(Date.now() / 1000) },
    endpoint: endpoint ?? endpoints[action],
    http: http ?? { ...unseen },
    parameters: parametersOf(form),
    known: { grantTypes, scopes: [], resources: [], acrs: [], isRedirectUri: false, ...known },
    client: client === undefined ? null : { name: null, authMethod: null, ...client },
    scope: { granted: text(answer.scope), allowed: null, missing: null, ...scope },
    tokens: tokensOf(answer),
    error: error && errorOf(error),
    reason: own.reason ? serverReasonOf(own.reason) : null,
  }
}

/** Who told of no error may have answered with one. */
function failureOf(
  { succeeded, isRefused }: Pick<ToldAction, 'succeeded' | 'isRefused'>,
  http: HttpFacts | null,
): ToldError | null {
  if (succeeded !== undefined || isRefused || http === null || http.status < 400) return null
  return { code: '_OTHER', type: String(http.status) }
}

const unseen: HttpFacts = {
  ...{ method: '_OTHER', route: null, target: null, status: 0 },
  ...{ clientAddress: null, userAgent: null },
}

function errorOf({ code, type, reason, ...said }: ToldError): ErrorFacts {
  const own = codeForm.test(code) ? code : '_OTHER'
  const why = reason ? serverReasonOf(reason) : null
  return { description: null, detail: null, ...said, code: own, type: type ?? own, reason: why }
}
