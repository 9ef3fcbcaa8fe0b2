// What happened, for the records of a benchmark: people get a token, and call an API with it, from
// where they are. Some thousand of them, so that nobody is in every batch.
import type { AccessFacts, Facts, HttpFacts, ServerFacts } from '../../packages/sdk/src/facts.ts'
import { createRandom } from '../../packages/sdk/src/random.ts'

const people = 5_000
const clients = 12
/** One token request, and so many calls less one with the token that it gave. */
const recordsPerToken = 4
const issuer = 'https://login.example.com'
const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0'

/** What one service tells, in order. */
export function createFacts(): (number: number) => Facts {
  let who: Who
  return (number) => {
    if (number % recordsPerToken !== 0) return accessOf(who, number)
    who = personOf(number / recordsPerToken)
    return tokenOf(who)
  }
}

interface Who {
  readonly person: string
  readonly client: string
  readonly clientAddress: string
  readonly accessToken: string
  readonly tokenId: string
}

function personOf(number: number): Who {
  const person = (number * 2_654_435_761) % people
  return {
    person: `user-${person}`,
    client: `client-${person % clients}`,
    clientAddress: `203.0.${(person >> 8) & 255}.${person & 255}`,
    accessToken: secret(),
    tokenId: secret(),
  }
}

type Request = Pick<HttpFacts, 'method' | 'route' | 'target'>

function httpOf({ clientAddress }: Who, request: Request): HttpFacts {
  return { ...request, status: 200, clientAddress, userAgent }
}

const random = createRandom()

/** As unguessable as a token, and as long as an opaque one. */
function secret(): string {
  return random(32, 'base64url')
}

function accessOf(who: Who, number: number): AccessFacts {
  const { accessToken, client, person, tokenId } = who
  const now = Math.floor(Date.now() / 1000)
  const target = `/orders/${number}`
  return {
    kind: 'access',
    action: 'oauth.resource_access',
    http: httpOf(who, { method: 'GET', route: '/orders/:id', target }),
    token: { value: accessToken, type: 'access_token', scheme: 'bearer', location: 'header' },
    validation: {
      library: 'jose',
      error: null,
      format: 'jwt',
      header: { alg: 'EdDSA', kid: 'key-1' },
      claims: {
        ...{ issuer, subject: person, clientId: client, audience: ['https://api.example.com'] },
        ...{ scope: 'orders:read profile', roles: ['user'], actors: [], jti: tokenId },
        ...{ issuedAtS: now - 60, expiresAtS: now + 540, authTimeS: now - 90, acr: null },
        ...{ amr: ['pwd', 'otp'], sessionId: `session of ${person}`, boundKey: null },
        isBoundToCertificate: false,
      },
    },
    challenge: null,
    responseBytes: 420,
    responseRows: null,
    isCut: false,
    endedAtS: now,
  }
}

function tokenOf(who: Who): ServerFacts {
  const { accessToken, client, person } = who
  const now = Math.floor(Date.now() / 1000)
  const scopes = ['openid', 'orders:read', 'profile']
  return {
    kind: 'server',
    action: 'oauth.token',
    library: 'oidc-provider',
    endpoint: 'token',
    issuer,
    atS: now,
    http: httpOf(who, { method: 'POST', route: '/token', target: null }),
    parameters: {
      ...{ grantType: 'authorization_code', responseType: null, responseMode: null, scope: null },
      ...{ redirectUri: 'https://app.example.com/callback', prompt: null, acrValues: null },
      ...{ resources: [], codeChallengeMethod: null, hasCodeChallenge: false },
      ...{ hasCodeVerifier: true, hasRequestObject: false, hasPushedRequest: false },
      refreshToken: null,
    },
    known: { grantTypes: [], scopes, resources: [], acrs: [], isRedirectUri: true },
    client: { id: client, name: 'Web shop', authMethod: 'client_secret_basic' },
    accountId: person,
    roles: ['user'],
    actors: [],
    sessionUid: `session of ${person}`,
    grantIds: [`grant of ${person}`],
    authTimeS: now - 5,
    acr: null,
    amr: ['pwd', 'otp'],
    succeeded: true,
    isRefused: false,
    error: null,
    reason: null,
    scope: { granted: null, allowed: null, missing: null },
    consented: false,
    tokens: {
      ...{ accessToken, refreshToken: secret(), hasIdToken: true, expiresInS: 600 },
      ...{ scope: scopes.join(' '), isJwt: true, binding: null, audience: [] },
    },
    presented: null,
    refresh: null,
    exchange: null,
    proof: { hasDpop: false, boundKey: null, boundCertificate: null },
    grantRevoked: false,
    registeredClientId: null,
    isDynamicClient: false,
  }
}
