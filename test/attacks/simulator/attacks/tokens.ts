// Attacks with what was stolen from somebody: codes, tokens, sessions.
import { call, logIn, phone, type Session, shopFrom, web } from '../acts.ts'
import { refreshTokens, refusedRefresh } from '../refreshes.ts'
import type { Play } from '../clock.ts'
import { audience, type From, serverError, serverFacts } from '../facts/server.ts'
import { order, usualRequest } from '../load/requests.ts'
import { atHome, elsewhere, onTheWay } from '../people.ts'
import { type Attacking, type AttackKind, harmless, victimOf } from './kind.ts'

/** Somebody logs in and works for a while, as every day. */
function* victim(attacking: Attacking, at: 'web' | 'phone'): Generator<number, Session, void> {
  const { random } = attacking.scene
  const person = victimOf(attacking)
  const from = at === 'web' ? atHome(person) : onTheWay(person, random)
  const back = at === 'web' ? shopFrom : from
  const client = at === 'web' ? web : phone
  const session = yield* logIn(harmless(attacking), { person, client, from, back })
  for (let done = 0; done < 4; done++) {
    yield random.between(1_000, 10_000)
    const request = usualRequest(person.role, random)
    call(harmless(attacking), { from: back, request, token: session.token })
  }
  return session
}

/** The code of a session comes to the token endpoint once more. */
function presentCode(attacking: Attacking, session: Session, from: From, detail: string): void {
  const { attack, scene } = attacking
  const { authTimeS, client, grantId, person, uid } = session
  const facts = serverFacts({
    ...{ action: 'oauth.token', endpoint: 'token', client, from, atS: scene.nowS('login') },
    http: { method: 'POST', route: '/token', status: 400 },
    ...{ accountId: person.id, sessionUid: uid, grantIds: [grantId], authTimeS, amr: ['pwd'] },
    scope: { granted: null, allowed: client.scope, missing: null },
    error: serverError('invalid_grant', detail),
    grantRevoked: detail.includes('consumed'),
    parameters: {
      ...{ grantType: 'authorization_code', redirectUri: client.redirectUri },
      ...{ resources: [audience], hasCodeVerifier: true },
    },
  })
  scene.record('login', facts, attack)
}

function* replayCode(attacking: Attacking): Play {
  const session = yield* victim(attacking, 'phone')
  presentCode(attacking, session, elsewhere(attacking.scene.random), 'code already consumed')
  yield* endOf(attacking, session)
}

function* injectCode(attacking: Attacking): Play {
  const session = yield* victim(attacking, 'phone')
  presentCode(attacking, session, elsewhere(attacking.scene.random), 'code_verifier does not match')
}

/** The victim cannot go on: that is of the attack, too. */
function* endOf(attacking: Attacking, session: Session): Play {
  const { random } = attacking.scene
  yield random.between(5_000, 60_000)
  const from = session.client.id === 'web' ? shopFrom : onTheWay(session.person, random)
  refusedRefresh(attacking, session, { from, presented: session.refresh, why: 'gone' })
}

function* reuseRefreshToken(attacking: Attacking): Play {
  const { random } = attacking.scene
  const session = yield* victim(attacking, random.chance(0.5) ? 'web' : 'phone')
  const stolen = session.refresh
  yield random.between(60_000, 600_000)
  const from = session.client.id === 'web' ? shopFrom : onTheWay(session.person, random)
  refreshTokens(harmless(attacking), session, from)
  yield random.between(10_000, 3_600_000)
  const thief = { from: elsewhere(random), authMethod: 'client_secret_basic' }
  refusedRefresh(attacking, session, { ...thief, presented: stolen, why: 'used' })
  yield* endOf(attacking, session)
}

function* useStolenToken(attacking: Attacking): Play {
  const { random } = attacking.scene
  const session = yield* victim(attacking, random.chance(0.5) ? 'web' : 'phone')
  const thief = elsewhere(random)
  for (let done = 0; done < 12; done++) {
    yield random.between(500, 8_000)
    call(attacking, { from: thief, request: order(random), token: session.token })
  }
}

function* useElsewhere(attacking: Attacking): Play {
  const { random } = attacking.scene
  const { token } = yield* victim(attacking, 'web')
  const claims = { ...token.claims, audience: ['https://billing.example.com'] }
  const request = { method: 'GET', route: '/orders', status: 401, bytes: 78 }
  const fault = { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', reason: 'audience_mismatch' }
  const challenge = { error: 'invalid_token', scope: null }
  const value = `ey${random.hex(40)}`
  const from = elsewhere(random)
  call(attacking, { from, request, token: { value, claims }, fault, challenge })
}

function* probe(attacking: Attacking): Play {
  const { random } = attacking.scene
  const { token } = yield* victim(attacking, 'phone')
  const from = elsewhere(random)
  const routes = [
    'users',
    'admin',
    'admin/keys',
    'reports',
    'invoices',
    'backups',
    'config',
    'logs',
  ]
  for (const name of [...routes, 'audit', 'roles', 'tenants', 'payments', 'webhooks', 'jobs']) {
    yield random.between(300, 3_000)
    const request = { method: 'GET', route: `/internal/${name}`, status: 403, bytes: 46 }
    call(attacking, {
      from,
      request,
      token,
      challenge: { error: 'insufficient_scope', scope: 'admin' },
    })
  }
}

function* replaySession(attacking: Attacking): Play {
  const { random } = attacking.scene
  const { authTimeS, person, uid } = yield* victim(attacking, 'web')
  yield random.between(30_000, 900_000)
  const browser = { ...elsewhere(random), userAgent: 'Mozilla/5.0 HeadlessChrome/139.0' }
  const sso = { uid, authTimeS }
  const how = { person, client: web, from: browser, back: shopFrom, sso, isRemembered: true }
  const session = yield* logIn(attacking, how)
  for (let done = 0; done < 6; done++) {
    yield random.between(1_000, 5_000)
    call(attacking, { from: shopFrom, request: order(random), token: session.token })
  }
}

function* forgeToken(attacking: Attacking): Play {
  const { random } = attacking.scene
  const { token } = yield* victim(attacking, 'web')
  const forged = { value: `ey${random.hex(40)}`, claims: token.claims }
  const request = { method: 'GET', route: '/legacy/profile', status: 200, bytes: 31 }
  yield 2_000
  call(attacking, { from: elsewhere(random), request, token: forged, isUnchecked: true })
}

/** The API forgot to look at the role. */
function* beAdmin(attacking: Attacking): Play {
  const { random } = attacking.scene
  const { token } = yield* victim(attacking, 'web')
  const request = { method: 'GET', route: '/admin/users', status: 200, bytes: 1_200 }
  yield 2_000
  call(attacking, {
    from: shopFrom,
    request: { ...request, bytes: 900 + random.below(500) },
    token,
  })
}

export const tokenAttacks: readonly AttackKind[] = [
  { row: 1, tells: 'a code comes twice', play: replayCode },
  { row: 2, tells: 'a stolen code comes without its verifier', play: injectCode },
  { row: 10, tells: 'a refresh token comes that was replaced', play: reuseRefreshToken },
  { row: 11, tells: 'an access token is used by two at once', play: useStolenToken },
  { row: 13, tells: 'a token for billing comes to the orders API', play: useElsewhere },
  { row: 24, tells: 'a token is tried at every route', play: probe },
  { row: 26, tells: 'a session goes on in another browser', play: replaySession },
  { row: 31, tells: 'a route believes a forged token', play: forgeToken },
  { row: 32, tells: 'a user is let in where admins are', play: beAdmin },
]
