// The device flow (RFC 8628): somebody reads a code off a screen, and types it into a browser.
import { claimsOf, type Parties, tokenTtlS } from '../acts.ts'
import type { Play } from '../clock.ts'
import {
  type Client,
  type From,
  interactionFacts,
  serverError,
  serverFacts,
} from '../facts/server.ts'
import { atHome, onTheWay, type Person } from '../people.ts'
import type { Token } from '../facts/access.ts'
import { untilActive } from './sessions.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
export const television: Client = {
  ...{ id: 'television', name: 'Shop on the television', authMethod: 'none' },
  ...{ redirectUri: null, scope: 'openid orders:read' },
}
export const pollMs = 5_000

export interface Device {
  readonly client: Client
  /** Who polls, and who verifies. */
  readonly device: From
  readonly browser: From
  readonly person: Person
  readonly polls: number
}

/** From the code on the screen to the token. */
export function* deviceLogIn(parties: Parties, how: Device): Generator<number, Token, void> {
  const { attack, scene } = parties
  const { client, device, person, polls } = how
  const asked = { client, from: device } as const
  const scope = { granted: null, allowed: client.scope, missing: null }
  scene.record(
    'login',
    serverFacts({
      ...{ ...asked, action: 'oauth.device_authorization', endpoint: 'device_authorization' },
      ...{ succeeded: true, atS: scene.nowS('login'), scope },
      http: { method: 'POST', route: '/device/auth', status: 200 },
      parameters: { scope: client.scope },
    }),
    attack,
  )
  const poll = { ...asked, action: 'oauth.token', endpoint: 'token' } as const
  for (let done = 0; done < polls; done++) {
    yield pollMs
    const facts = serverFacts({
      ...{ ...poll, error: serverError('authorization_pending'), scope },
      atS: scene.nowS('login'),
      http: { method: 'POST', route: '/token', status: 400 },
      parameters: { grantType },
    })
    scene.record('login', facts, attack)
  }
  const user = yield* verify(parties, how)
  yield pollMs
  const issuedAtS = scene.nowS('login')
  const claims = claimsOf({ client, person, issuedAtS, jti: scene.random.hex(24) })
  const token = { value: `ey${scene.random.hex(40)}`, claims }
  scene.record('login', grantedFacts(how, { ...user, token, issuedAtS }), attack)
  return token
}

interface Verified {
  readonly sessionUid: string
  readonly grantId: string
  readonly authTimeS: number
}

function* verify({ attack, scene }: Parties, how: Device): Generator<number, Verified, void> {
  const { browser, client, person } = how
  const sessionUid = `session-${scene.random.hex(16)}`
  const grantId = `grant-${scene.random.hex(16)}`
  const page = { client, from: browser, result: 'success', accountId: person.id } as const
  const scope = { requested: client.scope, granted: client.scope }
  scene.record('login', interactionFacts({ ...page, action: 'oauth.login' }), attack)
  yield 3_000
  const consent = { ...page, action: 'oauth.consent', sessionUid, grantId, scope } as const
  scene.record('login', interactionFacts(consent), attack)
  const authTimeS = scene.nowS('login')
  const facts = serverFacts({
    ...{ action: 'oauth.device_verification', endpoint: 'device_resume', client, from: browser },
    ...{ succeeded: true, consented: true, atS: authTimeS, accountId: person.id, sessionUid },
    ...{ grantIds: [grantId], authTimeS, amr: ['pwd'] },
    scope: { granted: client.scope, allowed: client.scope, missing: null },
    http: { method: 'GET', route: '/device/:uid', status: 200 },
  })
  scene.record('login', facts, attack)
  return { sessionUid, grantId, authTimeS }
}

function grantedFacts(
  { client, device, person }: Device,
  more: Verified & { readonly token: Token; readonly issuedAtS: number },
) {
  const { authTimeS, grantId, issuedAtS, sessionUid, token } = more
  return serverFacts({
    ...{ action: 'oauth.token', endpoint: 'token', client, from: device, atS: issuedAtS },
    ...{ succeeded: true, accountId: person.id, roles: [person.role], sessionUid, authTimeS },
    ...{ grantIds: [grantId], amr: ['pwd'] },
    http: { method: 'POST', route: '/token', status: 200 },
    scope: { granted: null, allowed: client.scope, missing: null },
    tokens: {
      ...{ accessToken: token.value, refreshToken: null, hasIdToken: true, isJwt: true },
      ...{ expiresInS: tokenTtlS, scope: client.scope, binding: null, audience: [] },
    },
    parameters: { grantType },
  })
}

/** Somebody who has bought a television; it asks from the same home. */
export function* televisions(parties: Parties, people: readonly Person[], meanMs: number): Play {
  const { random } = parties.scene
  for (;;) {
    yield* untilActive(parties, meanMs)
    const person = random.pick(people)
    const device = { address: person.address, userAgent: 'ShopTV/3.1' }
    // Who has a browser at home may type the code on the phone as well, which is in another
    // network.
    const isByPhone = person.comesFromHome && random.chance(0.3)
    const browser = isByPhone ? onTheWay(person, random) : atHome(person)
    const how = { client: television, device, browser, person }
    yield* deviceLogIn(parties, { ...how, polls: 3 + random.below(15) })
  }
}
