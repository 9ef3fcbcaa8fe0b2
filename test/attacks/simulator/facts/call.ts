// What clients see of their own requests: facts of openid-client, and of fetch.
import type {
  CallErrorFacts,
  CallFacts,
  ParameterFacts,
} from '../../../../packages/sdk/src/facts.ts'
import { type Client, issuer } from './server.ts'

const noParameters: ParameterFacts = {
  ...{ grantType: null, responseType: null, responseMode: null, scope: null, redirectUri: null },
  ...{ prompt: null, acrValues: null, resources: [], codeChallengeMethod: null },
  ...{ hasCodeChallenge: false, hasCodeVerifier: false, hasRequestObject: false },
  ...{ hasPushedRequest: false, refreshToken: null },
}

export type Called = Pick<CallFacts, 'action'> &
  Partial<Omit<CallFacts, 'kind' | 'parameters'>> & {
    readonly client: Client
    readonly parameters?: Partial<ParameterFacts>
  }

export function callFacts({ client, parameters = {}, ...rest }: Called): CallFacts {
  return {
    kind: 'call',
    library: 'openid-client',
    issuer,
    server: { address: 'login.example.com', port: 443 },
    ...{ method: 'POST', status: 200, clientId: client.id, clientAuthMethod: client.authMethod },
    parameters: { ...noParameters, ...parameters },
    ...{ exchange: null, token: null, tokens: null, subject: null, active: null, claims: null },
    error: null,
    ...rest,
  }
}

export function callError(code: string, reason: string | null = null): CallErrorFacts {
  return { code, type: code, reason, by: 'server' }
}
