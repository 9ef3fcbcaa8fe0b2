// What an authorization server like the demo's sees: facts of oidc-provider's endpoints.
import type {
  ClientFacts,
  ErrorFacts,
  HttpFacts,
  InteractionFacts,
  ParameterFacts,
  ServerFacts,
} from '../../../../packages/sdk/src/facts.ts'

export const issuer = 'https://login.example.com'
export const audience = 'https://api.example.com'
export const scopesOfApi: readonly string[] = ['admin', 'export', 'orders:read', 'orders:write']

/** A client as the authorization server has it registered. */
export interface Client extends ClientFacts {
  readonly redirectUri: string | null
  readonly scope: string
}

/** Where a request comes from. */
export interface From {
  readonly address: string
  readonly userAgent: string
}

const noParameters: ParameterFacts = {
  ...{ grantType: null, responseType: null, responseMode: null, scope: null, redirectUri: null },
  ...{ prompt: null, acrValues: null, resources: [], codeChallengeMethod: null },
  ...{ hasCodeChallenge: false, hasCodeVerifier: false, hasRequestObject: false },
  ...{ hasPushedRequest: false, refreshToken: null },
}

/** What varies between requests; all else is as in most. */
export type Asked = Pick<ServerFacts, 'action' | 'endpoint' | 'client' | 'atS'> &
  Partial<Omit<ServerFacts, 'http' | 'parameters' | 'kind'>> & {
    readonly from: From
    readonly http: Pick<HttpFacts, 'method' | 'route' | 'status'>
    readonly parameters?: Partial<ParameterFacts>
  }

export function serverFacts({ from, http, parameters = {}, ...rest }: Asked): ServerFacts {
  return {
    kind: 'server',
    library: 'oidc-provider',
    issuer,
    http: {
      ...http,
      ...{ target: null, clientAddress: null, peerAddress: from.address },
      userAgent: from.userAgent,
    },
    parameters: { ...noParameters, ...parameters },
    known: {
      grantTypes: [],
      scopes: ['openid', 'profile', ...scopesOfApi],
      resources: [audience],
      acrs: [],
      isRedirectUri: true,
    },
    ...{ accountId: null, roles: [], actors: [], sessionUid: null, grantIds: [] },
    ...{ authTimeS: null, acr: null, amr: [], succeeded: false, isRefused: false },
    ...{ error: null, reason: null, scope: { granted: null, allowed: null, missing: null } },
    ...{ consented: null, tokens: null, presented: null, refresh: null, exchange: null },
    proof: { hasDpop: false, boundKey: null, boundCertificate: null },
    ...{ grantRevoked: false, registeredClientId: null, isDynamicClient: false, saysIssuer: true },
    ...rest,
  }
}

/** An error; `detail` is the text by which the SDK knows the reason. */
export function serverError(code: string, detail: string | null = null): ErrorFacts {
  return { code, type: code, description: null, detail }
}

export interface Answered {
  readonly action: InteractionFacts['action']
  readonly client: Client
  readonly from: From
  readonly result: InteractionFacts['result']
  readonly accountId?: string | null
  readonly sessionUid?: string | null
  readonly grantId?: string | null
  readonly scope?: InteractionFacts['scope']
  readonly error?: { readonly code: string; readonly reason: string } | null
}

/** The answer to a page: a log-in, or a consent. */
export function interactionFacts(answered: Answered): InteractionFacts {
  const { accountId = null, action, client, error = null, from, result } = answered
  const isRetried = result === 'failure'
  return {
    kind: 'interaction',
    action,
    library: 'oidc-provider',
    issuer,
    http: {
      ...{ method: 'POST', route: null, target: null, status: isRetried ? 401 : 303 },
      ...{ clientAddress: null, peerAddress: from.address, userAgent: from.userAgent },
    },
    client: { id: client.id, name: null, authMethod: null },
    accountId,
    sessionUid: answered.sessionUid ?? null,
    grantId: answered.grantId ?? null,
    scope: answered.scope ?? { requested: null, granted: null },
    result,
    errorCode: error?.code ?? null,
    reason: error?.reason ?? null,
    acr: null,
    amr: accountId === null ? [] : ['pwd'],
  }
}
