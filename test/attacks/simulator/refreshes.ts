// How tokens are renewed, and how that goes wrong.
import {
  askedOf,
  issue,
  isInstrumented,
  ofGrant,
  type Parties,
  type Refresh,
  serviceOf,
  type Session,
  stateOf,
  type Telling,
  tellTokens,
} from './acts.ts'
import type { Play } from './clock.ts'
import { callError, callFacts } from './facts/call.ts'
import { audience, type From, serverError, serverFacts } from './facts/server.ts'

/** New tokens for the session. */
export function refreshTokens(
  parties: Parties,
  session: Session,
  from: From,
  { presented = session.refresh, ...how }: Omit<Partial<Telling>, 'from' | 'grantType'> = {},
): void {
  const next = issue(parties.scene, session.client, session.person, presented.rotations + 1)
  session.token = next.token
  session.refresh = next.refresh
  tellTokens(parties, session, { ...how, from, grantType: 'refresh_token', presented })
}

/**
 * Its answer is lost on the way, and the client asks once more: at once, as any server would let
 * it, or after a while, which this server says that it lets pass.
 */
export function* repeatedRefresh(parties: Parties, session: Session, from: From): Play {
  const { random } = parties.scene
  const presented = session.refresh
  const isGrace = random.chance(0.5)
  refreshTokens(parties, session, from, { isLost: true })
  lostRefresh(parties, { ...session, refresh: presented })
  yield isGrace ? random.between(11_000, 50_000) : random.between(300, 8_000)
  refreshTokens(parties, session, from, { presented, isGrace })
}

/** The server asks for a proof with its nonce (RFC 9449 section 8). */
export function askForNonce({ scene }: Parties, { client }: Session, from: From): void {
  const facts = serverFacts({
    ...{ action: 'oauth.token', endpoint: 'token', client, from, atS: scene.nowS('login') },
    http: { method: 'POST', route: '/token', status: 400 },
    scope: { granted: null, allowed: askedOf(client), missing: null },
    error: serverError('use_dpop_nonce'),
    parameters: { grantType: 'refresh_token', resources: [audience] },
  })
  scene.record('login', facts, null)
}

export interface Refused {
  readonly from: From
  readonly presented: Refresh
  /** `used`: it had been replaced, so the grant is revoked. `gone`: nobody knows it any more. */
  readonly why: 'used' | 'gone' | 'expired'
  /** How it authenticated, if otherwise than usual. */
  readonly authMethod?: string
}

const unknownTo = { expired: audience, gone: 'https://not-looked-at.example.com' }

/** A refresh that the server refuses. */
export function refusedRefresh(parties: Parties, session: Session, refused: Refused): void {
  const { attack, scene } = parties
  const { authMethod, from, presented, why } = refused
  const client = authMethod === undefined ? session.client : { ...session.client, authMethod }
  const texts = {
    used: 'refresh token already used',
    gone: 'refresh token not found',
    expired: 'refresh token is expired',
  }
  const isKnown = why !== 'gone'
  const parameters = { grantType: 'refresh_token', refreshToken: presented.value }
  const state = stateOf(presented, { rotated: false, reused: why === 'used' })
  const facts = serverFacts({
    ...{ action: 'oauth.token', endpoint: 'token', client, from, atS: scene.nowS('login') },
    http: { method: 'POST', route: '/token', status: 400 },
    scope: { granted: null, allowed: askedOf(client), missing: null },
    error: serverError('invalid_grant', texts[why]),
    ...(isKnown ? { ...ofGrant(session), refresh: state } : {}),
    grantRevoked: why === 'used',
    // A thief asks for nothing; a resource is not looked at where there is no token.
    parameters: { ...parameters, resources: why === 'used' ? [] : [unknownTo[why]] },
  })
  scene.record('login', facts, attack)
  if (!isInstrumented(client) || authMethod !== undefined) return
  const error = callError('invalid_grant')
  const asked = { ...parameters, resources: [audience] }
  const call = { action: 'oauth.token', client, status: 400, error, parameters: asked }
  scene.record(serviceOf(client), callFacts(call), attack)
}

/** The request never came to the server. */
export function lostRefresh({ attack, scene }: Parties, session: Session): void {
  const { client, refresh } = session
  const error = {
    code: null,
    type: 'UND_ERR_SOCKET',
    reason: 'unreachable',
    by: 'network',
  } as const
  const parameters = { grantType: 'refresh_token', refreshToken: refresh.value }
  const asked = { ...parameters, resources: [audience] }
  const call = { action: 'oauth.token', client, status: null, error, parameters: asked }
  if (isInstrumented(client)) scene.record(serviceOf(client), callFacts(call), attack)
}
