// What people and clients do, one request after another, and the records that both sides make of
// it. A play yields how long it waits, ms.
import { ATTR } from '@grantlog/record'
import type { ErrorFacts, ServerFacts, VerifiedClaims } from '../../../packages/sdk/src/facts.ts'
import type { Attack } from '../label.ts'
import type { Play } from './clock.ts'
import { accessFacts, type Request, type Shown, type Token } from './facts/access.ts'
import { callFacts } from './facts/call.ts'
import {
  audience,
  type Client,
  type From,
  interactionFacts,
  issuer,
  scopesOfApi,
  serverFacts,
} from './facts/server.ts'
import type { Person, UserRole } from './people.ts'
import type { Scene, ServiceName } from './scene.ts'

export const tokenTtlS = 600
export const refreshTtlS = 14 * 24 * 3600

/** The grant of a person to a client, with its tokens. */
export interface Session {
  readonly person: Person
  readonly client: Client
  readonly uid: string
  readonly grantId: string
  readonly authTimeS: number
  token: Token
  refresh: Refresh
}

export interface Refresh {
  readonly value: string
  readonly rotations: number
  readonly issuedAtS: number
}

export const web: Client = {
  ...{ id: 'web', name: 'Web shop', authMethod: 'client_secret_post' },
  ...{ redirectUri: 'https://shop.example.com/callback' },
  scope: 'openid profile orders:read orders:write admin export',
}
export const phone: Client = {
  ...{ id: 'phone', name: 'Shop on the phone', authMethod: 'none' },
  ...{ redirectUri: 'com.example.shop:/callback', scope: 'openid orders:read orders:write' },
}
export const machine = (id: string, scope: string): Client => {
  const authMethod = id === 'worker' ? 'client_secret_post' : 'client_secret_basic'
  return { id, name: null, authMethod, redirectUri: null, scope }
}
/** The web shop's own address, from which it talks to the other services. */
export const shopFrom: From = { address: '198.18.0.10', userAgent: 'openid-client/v6.9.0' }

const scopesOfRole: Readonly<Record<UserRole, string>> = {
  admin: 'orders:read orders:write admin export',
  user: 'orders:read orders:write',
  guest: 'orders:read',
}

export interface Parties {
  readonly scene: Scene
  readonly attack: Attack | null
}

/** Where the answer to a request goes: the web shop's own records are of `web`. */
export const isInstrumented = ({ id }: Client): boolean => id === 'web' || id === 'worker'
export const serviceOf = ({ id }: Client): ServiceName => (id === 'worker' ? 'worker' : 'web')

export interface LogIn {
  readonly person: Person
  readonly client: Client
  /** Of the browser. */
  readonly from: From
  /** Of whoever exchanges the code. */
  readonly back: From
  /** The session that there is: no password is asked for. */
  readonly sso?: { readonly uid: string; readonly authTimeS: number } | undefined
  /** The user has agreed before. */
  readonly isRemembered?: boolean
  readonly wrongPasswords?: number
}

/** From the authorization request to the tokens. */
export function* logIn(parties: Parties, how: LogIn): Generator<number, Session, void> {
  const { scene } = parties
  const { client, from, person, sso } = how
  const sessionUid = sso?.uid ?? `session-${scene.random.hex(16)}`
  const grantId = `grant-${scene.random.hex(16)}`
  const known = sso === undefined ? {} : { accountId: person.id, amr: ['pwd'], ...sso }
  const { uid: _, ...user } = { uid: '', ...known }
  const isAsked = sso === undefined || how.isRemembered !== true
  if (isAsked) authorize(parties, how, { sessionUid, ...user })
  if (sso === undefined) yield* enterPassword(parties, how)
  const authTimeS = sso?.authTimeS ?? scene.nowS('login')
  const logged = { accountId: person.id, authTimeS, amr: ['pwd'], sessionUid }
  if (how.isRemembered !== true) {
    if (sso === undefined) authorize(parties, how, logged, '/auth/:uid')
    yield scene.random.between(1_000, 8_000)
    const scope = { requested: askedOf(client), granted: grantedTo(client, person) }
    const answered = { action: 'oauth.consent', client, from, result: 'success' } as const
    const consent = { ...answered, accountId: person.id, sessionUid, grantId, scope }
    scene.record('login', interactionFacts(consent), parties.attack)
  }
  yield 40
  const granted = grantedTo(client, person)
  authorize(parties, how, {
    ...logged,
    ...{ succeeded: true, consented: how.isRemembered !== true, grantIds: [grantId] },
    ...{ scope: { granted, allowed: askedOf(client), missing: null } },
    ...(isAsked ? { endpoint: 'resume' } : {}),
  })
  yield scene.random.between(60, 300)
  return exchange(parties, how, { uid: sessionUid, grantId, authTimeS })
}

function* enterPassword(parties: Parties, how: LogIn): Play {
  const { scene } = parties
  const { client, from, person, wrongPasswords = 0 } = how
  const page = { action: 'oauth.login', client, from } as const
  for (let wrong = 0; wrong < wrongPasswords; wrong++) {
    yield scene.random.between(3_000, 9_000)
    scene.record('login', interactionFacts({ ...page, result: 'failure' }), parties.attack)
  }
  yield scene.random.between(3_000, 20_000)
  const right = interactionFacts({ ...page, result: 'success', accountId: person.id })
  scene.record('login', right, parties.attack)
  yield 30
}

export const askedOf = ({ scope }: Client): string => scope

/** The client gets what it asked for, as far as the user's role has it. */
function grantedTo({ scope }: Client, { role }: Person): string {
  const own = scopesOfRole[role].split(' ')
  return scope
    .split(' ')
    .filter((one) => !scopesOfApi.includes(one) || own.includes(one))
    .join(' ')
}

const ofApi = (scope: string): string =>
  scope
    .split(' ')
    .filter((one) => scopesOfApi.includes(one))
    .join(' ')

/** One request to the authorization endpoint; a challenge, if nothing else is said. */
export function authorize(
  { attack, scene }: Parties,
  { client, from }: Pick<LogIn, 'client' | 'from'>,
  more: Partial<ServerFacts>,
  route = more.endpoint === 'resume' ? '/auth/:uid' : '/auth',
): void {
  const facts = serverFacts({
    ...{ action: 'oauth.authorize', endpoint: 'authorization', client, from },
    atS: scene.nowS('login'),
    http: { method: 'GET', route, status: 303 },
    scope: { granted: null, allowed: askedOf(client), missing: null },
    parameters: {
      ...{ responseType: 'code', scope: askedOf(client), redirectUri: client.redirectUri },
      ...{ resources: [audience], codeChallengeMethod: 'S256', hasCodeChallenge: true },
    },
    ...more,
    ...(route === '/auth/:uid' ? { endpoint: 'resume' as const } : {}),
  })
  scene.record('login', facts, attack)
}

function exchange(
  parties: Parties,
  { back, client, person }: LogIn,
  grant: Pick<Session, 'uid' | 'grantId' | 'authTimeS'>,
): Session {
  const issued = issue(parties.scene, client, person, 0)
  const session: Session = { person, client, ...grant, ...issued }
  tellTokens(parties, session, { from: back, grantType: 'authorization_code' })
  return session
}

type Issued = Pick<Session, 'token' | 'refresh'>

export function issue(scene: Scene, client: Client, person: Person, rotations: number): Issued {
  const issuedAtS = scene.nowS('login')
  const claims = claimsOf({ client, person, issuedAtS, jti: scene.random.hex(24) })
  const refresh = { value: `refresh-${scene.random.hex(32)}`, rotations, issuedAtS }
  return { token: { value: `ey${scene.random.hex(40)}`, claims }, refresh }
}

interface Claimed {
  readonly client: Client
  readonly person: Person | null
  readonly issuedAtS: number
  readonly jti: string
}

export function claimsOf({ client, issuedAtS, jti, person }: Claimed): VerifiedClaims {
  return {
    ...{ issuer, subject: person?.id ?? client.id, clientId: client.id, audience: [audience] },
    scope: ofApi(person === null ? client.scope : grantedTo(client, person)),
    ...{ roles: person === null ? [] : [person.role], actors: [], jti, issuedAtS },
    ...{ expiresAtS: issuedAtS + tokenTtlS, authTimeS: null, acr: null, amr: [] },
    ...{ sessionId: null, boundKey: keyOf(client, person), isBoundToCertificate: false },
  }
}

export interface Telling {
  readonly from: From
  readonly grantType: 'authorization_code' | 'refresh_token'
  /** The one that was presented. */
  readonly presented?: Refresh
  /** Who asked did not get it. */
  readonly isLost?: boolean
  /** It had been replaced, and the server says that it lets that pass. */
  readonly isGrace?: boolean
}

/** A token response with everything in it, as both sides saw it. */
export function tellTokens(parties: Parties, session: Session, telling: Telling): void {
  const { attack, scene } = parties
  const { client, person, token, refresh } = session
  const { from, grantType, isGrace, isLost, presented } = telling
  const key = keyOf(client, person)
  const binding = key === null ? null : ('dpop' as const)
  const tokens = {
    ...{ accessToken: token.value, refreshToken: refresh.value, hasIdToken: true },
    ...{ expiresInS: tokenTtlS, scope: token.claims.scope, isJwt: true, binding },
    audience: [],
  } as const
  const atS = scene.nowS('login')
  const isCode = grantType === 'authorization_code'
  const parameters = {
    ...{ grantType, resources: [audience], refreshToken: presented?.value ?? null },
    ...(isCode ? { redirectUri: client.redirectUri, hasCodeVerifier: true } : {}),
  }
  const server = serverFacts({
    ...{ action: 'oauth.token', endpoint: 'token', client, from, atS, succeeded: true },
    http: { method: 'POST', route: '/token', status: 200 },
    ...ofGrant(session),
    roles: [person.role],
    scope: { granted: null, allowed: ofApi(askedOf(client)), missing: null },
    tokens: { ...tokens, audience: [audience], refreshExpiresAtS: atS + refreshTtlS },
    proof: proofOf(key),
    refresh: presented === undefined ? null : stateOf(presented, { rotated: true }),
    parameters: isCode ? { ...parameters, codeChallengeMethod: 'S256' } : parameters,
  })
  scene.record('login', server, attack, isGrace === true ? [graceReplay] : [])
  if (!isInstrumented(client) || isLost === true) return
  const subject = { id: person.id, sessionId: null, authTimeS: null, acr: null, amr: [] }
  const call = callFacts({ action: 'oauth.token', client, tokens, subject, parameters })
  scene.record(serviceOf(client), call, attack)
}

/** No library that is hooked has a grace period: it is added to what the others have. */
const graceReplay = [ATTR.OAUTH_REFRESH_GRACE_REPLAY, true] as const

/** Thumbprint of the key that tokens are bound to (RFC 9449): some phones have one. */
export const keyOf = ({ id }: Client, person: Person | null): string | null =>
  id === phone.id ? (person?.key ?? null) : null

export const proofOf = (key: string | null) => ({
  ...{ hasDpop: key !== null, boundKey: key, boundCertificate: null },
})

export function stateOf(
  { issuedAtS, rotations }: Refresh,
  more: { rotated: boolean; reused?: boolean },
) {
  return { rotations: rotations + (more.rotated ? 1 : 0), issuedAtS, reused: false, ...more }
}

export function ofGrant({ authTimeS, grantId, person, uid }: Session) {
  return {
    ...{ accountId: person.id, sessionUid: uid, grantIds: [grantId], authTimeS, amr: ['pwd'] },
  }
}

/** The user logs out everywhere. */
export function* logOut({ attack, scene }: Parties, session: Session, from: From): Play {
  const { client } = session
  const asked = { action: 'oauth.end_session', client, from } as const
  const { grantIds, ...user } = ofGrant(session)
  scene.record(
    'login',
    serverFacts({
      ...{ ...asked, ...user, endpoint: 'end_session', atS: scene.nowS('login') },
      http: { method: 'GET', route: '/session/end', status: 200 },
    }),
    attack,
  )
  yield scene.random.between(1_000, 4_000)
  const error: ErrorFacts | null = null
  scene.record(
    'login',
    serverFacts({
      ...{ ...asked, ...user, grantIds, error, endpoint: 'end_session_confirm' },
      ...{ succeeded: true, grantRevoked: true, atS: scene.nowS('login') },
      http: { method: 'POST', route: '/session/end/confirm', status: 303 },
    }),
    attack,
  )
}

/** One request to the API, let in or not as it was decided before. */
export function call(
  { attack, scene }: Parties,
  shown: Omit<Shown, 'endedAtS'> & { readonly request: Request },
): void {
  const endedAtS = scene.nowS('api')
  const { expiresAtS } = shown.token?.claims ?? {}
  const isExpired = typeof expiresAtS === 'number' && expiresAtS < endedAtS
  const refusal = isExpired && shown.fault === undefined && shown.isUnchecked !== true
  const expired = { fault: { code: 'ERR_JWT_EXPIRED', reason: 'token_expired' } }
  const challenge = { error: 'invalid_token', scope: null }
  const request = { ...shown.request, status: 401, bytes: 84 }
  const scheme = shown.scheme ?? (shown.token?.claims.boundKey ? 'dpop' : 'bearer')
  const told = { ...shown, scheme, ...(refusal ? { ...expired, challenge, request } : {}) }
  scene.record('api', accessFacts({ ...told, endedAtS }), attack)
}

/** A token for the client itself (RFC 6749 section 4.4). */
export function clientToken(parties: Parties, client: Client, from: From, scope?: string): Token {
  const { attack, scene } = parties
  const issuedAtS = scene.nowS('login')
  const own = scope === undefined ? client : { ...client, scope }
  const claims = claimsOf({ client: own, person: null, issuedAtS, jti: scene.random.hex(24) })
  const token = { value: `ey${scene.random.hex(40)}`, claims }
  const tokens = {
    ...{ accessToken: token.value, refreshToken: null, hasIdToken: false, expiresInS: tokenTtlS },
    ...{ scope: claims.scope, isJwt: true, binding: null, audience: [] },
  } as const
  const parameters = { grantType: 'client_credentials', resources: [audience], scope: own.scope }
  const facts = serverFacts({
    ...{ action: 'oauth.token', endpoint: 'token', client, from, atS: issuedAtS, succeeded: true },
    http: { method: 'POST', route: '/token', status: 200 },
    scope: { granted: null, allowed: own.scope, missing: null },
    tokens: { ...tokens, audience: [audience] },
    parameters,
  })
  scene.record('login', facts, attack)
  if (client.id === 'worker' && attack === null) {
    const call = callFacts({ action: 'oauth.token', client, tokens, parameters })
    scene.record('worker', call, attack)
  }
  return token
}
