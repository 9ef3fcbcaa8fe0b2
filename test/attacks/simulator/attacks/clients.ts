// Attacks by clients, or through them.
import { call, clientToken, logIn, machine, type Parties, shopFrom, web } from '../acts.ts'
import type { Play } from '../clock.ts'
import {
  audience,
  type Client,
  type From,
  issuer,
  serverError,
  serverFacts,
} from '../facts/server.ts'
import type { Token } from '../facts/access.ts'
import { order, wholeExport } from '../load/requests.ts'
import { batch, worker } from '../load/machines.ts'
import { dayMs } from '../load/sessions.ts'
import { adminEvent, register } from '../load/staff.ts'
import { deviceLogIn, television } from '../load/televisions.ts'
import { atHome, elsewhere } from '../people.ts'
import { adminOf, type Attacking, type AttackKind, harmless, victimOf } from './kind.ts'

/** A new app with a harmless name asks some people for everything. */
function* phishConsent(attacking: Attacking): Play {
  const { random } = attacking.scene
  const server = elsewhere(random)
  const id = `docs-${random.hex(6)}`
  const scope = 'openid profile orders:read orders:write admin export'
  const client: Client = { ...register(attacking, id, server), scope }
  for (let victim = 0; victim < 3; victim++) {
    yield random.between(120_000, 1_800_000)
    const person = adminOf(attacking)
    const how = { person, client, from: atHome(person), back: server }
    const { token } = yield* logIn(attacking, how)
    for (let done = 0; done < 8; done++) {
      yield random.between(200, 2_000)
      call(attacking, { from: server, request: order(random), token })
    }
  }
}

/** The code on the attacker's screen is typed by a victim. */
function* phishDevice(attacking: Attacking): Play {
  const { random } = attacking.scene
  const person = victimOf(attacking)
  const device = elsewhere(random)
  const how = { client: television, device, browser: atHome(person), person }
  const token = yield* deviceLogIn(attacking, { ...how, polls: 20 + random.below(60) })
  for (let done = 0; done < 10; done++) {
    yield random.between(500, 4_000)
    call(attacking, { from: device, request: order(random), token })
  }
}

function wrongSecret({ attack, scene }: Parties, client: Client, from: From): void {
  const facts = serverFacts({
    ...{ action: 'oauth.token', endpoint: 'token', client, from, atS: scene.nowS('login') },
    http: { method: 'POST', route: '/token', status: 401 },
    scope: { granted: null, allowed: client.scope, missing: null },
    error: serverError('invalid_client', 'invalid secret'),
    parameters: { grantType: 'client_credentials', resources: [audience] },
  })
  scene.record('login', facts, attack)
}

function* guessSecret(attacking: Attacking): Play {
  const { random } = attacking.scene
  const from = elsewhere(random)
  for (let tried = 0; tried < 60; tried++) {
    yield random.between(300, 3_000)
    wrongSecret(attacking, worker, from)
  }
}

/** The client's registration gets another secret (RFC 7592); then it is used from elsewhere. */
function* addSecret(attacking: Attacking): Play {
  const { attack, scene } = attacking
  const from = elsewhere(scene.random)
  const facts = serverFacts({
    ...{ action: 'oauth.register', endpoint: 'client_update', client: batch, from, issuer },
    ...{ succeeded: true, atS: scene.nowS('login'), registeredClientId: batch.id },
    isDynamicClient: true,
    http: { method: 'PUT', route: '/reg/:clientId', status: 200 },
  })
  scene.record('login', facts, attack)
  yield scene.random.between(60_000, 900_000)
  const token = clientToken(attacking, batch, from)
  yield* readMuch(attacking, token, from, 20)
}

function* readMuch(parties: Parties, token: Token, from: From, count: number): Play {
  const { random } = parties.scene
  for (let done = 0; done < count; done++) {
    yield random.between(100, 900)
    const bytes = 800 + random.below(4_000)
    const request = { method: 'GET', route: '/products', status: 200, bytes }
    call(parties, { from, request, token })
  }
}

const appOf = ({ attack }: Attacking, scope: string): Client =>
  machine(`report-${attack.id.split('-').at(-1)}`, scope)
const appFrom: From = { address: '198.18.0.80', userAgent: 'report/2.0' }

/** A client that reads reports, several times a day. */
function* employ(attacking: Attacking): Play {
  for (;;) {
    yield (dayMs / 5) * attacking.scene.random.between(0.7, 1.3)
    const token = clientToken(harmless(attacking), appOf(attacking, 'orders:read'), appFrom)
    yield* readReports(harmless(attacking), token, appFrom, 5)
  }
}

/** An administrator's account lets the app do what admins may. */
function* grantRole(attacking: Attacking): Play {
  const { attack, scene } = attacking
  const client = appOf(attacking, 'admin orders:read')
  const act = { admin: 'admin-1', address: elsewhere(scene.random).address } as const
  const told = { operationType: 'CREATE', resourceType: 'REALM_SCOPE_MAPPING' } as const
  const resourcePath = `clients/${client.id}/scope-mappings/realm`
  adminEvent(scene, { ...act, ...told, resourcePath }, attack)
  yield scene.random.between(30_000, 300_000)
  const token = clientToken(attacking, client, appFrom)
  const request = { method: 'GET', route: '/users', status: 200, bytes: 4_600 }
  yield 2_000
  call(attacking, { from: appFrom, request, token })
}

function* registerMany(attacking: Attacking): Play {
  const { random } = attacking.scene
  const from = elsewhere(random)
  for (let done = 0; done < 40; done++) {
    yield random.between(500, 6_000)
    register(attacking, `bot-${random.hex(8)}`, from)
  }
}

const sleeperOf = ({ attack }: Attacking): Client =>
  machine(`legacy-${attack.id.split('-').at(-1)}`, 'orders:read orders:write')

/** A client works for a day; then nobody needs it any more. */
function* retire(attacking: Attacking): Play {
  const { random } = attacking.scene
  const from = { address: '198.18.0.70', userAgent: 'legacy/1.0' }
  for (let run = 0; run < 12; run++) {
    yield (dayMs / 14) * random.between(0.8, 1.1)
    const token = clientToken(harmless(attacking), sleeperOf(attacking), from)
    yield* readReports(harmless(attacking), token, from, 3)
  }
}

/** More of them than usual are whole years. */
function* readReports(parties: Parties, token: Token, from: From, count: number): Play {
  const { random } = parties.scene
  const least = count > 100 ? 20_000 : 4_000
  for (let done = 0; done < count; done++) {
    yield random.between(200, 2_000)
    const bytes = least + random.below(least)
    call(parties, {
      from,
      request: { method: 'GET', route: '/reports/:id', status: 200, bytes },
      token,
    })
  }
}

function* wake(attacking: Attacking): Play {
  const from = elsewhere(attacking.scene.random)
  const token = clientToken(attacking, sleeperOf(attacking), from)
  yield* readMuch(attacking, token, from, 10)
  const request = { method: 'POST', route: '/orders', status: 201, bytes: 39 }
  call(attacking, { from, request, token })
}

/** An admin's token exports again and again. */
function* exportMuch(attacking: Attacking): Play {
  const { random } = attacking.scene
  const person = adminOf(attacking)
  const how = { person, client: web, from: atHome(person), back: shopFrom }
  const { token } = yield* logIn(harmless(attacking), how)
  for (let done = 0; done < 40; done++) {
    yield random.between(1_000, 9_000)
    call(attacking, { from: shopFrom, request: wholeExport(random), token })
  }
}

/** A client that places some orders an hour reads all reports that there are. */
function* readAll(attacking: Attacking): Play {
  const { address } = elsewhere(attacking.scene.random)
  const from = { address, userAgent: 'node' }
  const token = clientToken(attacking, worker, from)
  yield* readReports(attacking, token, from, 1_500)
}

/** The client named itself as a user is named, and gets tokens whose subject is that name. */
function* poseAsOwner(attacking: Attacking): Play {
  const { random } = attacking.scene
  const person = victimOf(attacking)
  const server = elsewhere(random)
  const client = register(attacking, person.id, server)
  yield 5_000
  yield* logIn(attacking, { person, client, from: server, back: server })
}

function* exhaust(attacking: Attacking): Play {
  const { random } = attacking.scene
  const person = victimOf(attacking)
  const how = { person, client: web, from: atHome(person), back: shopFrom }
  const { token } = yield* logIn(harmless(attacking), how)
  const from = elsewhere(random)
  for (let done = 0; done < 1_200; done++) {
    yield random.between(10, 120)
    const status = done > 400 && random.chance(0.8) ? 429 : 200
    call(attacking, { from, request: { method: 'GET', route: '/slow', status, bytes: 13 }, token })
  }
}

export const clientAttacks: readonly AttackKind[] = [
  { row: 15, tells: 'a new app asks for everything', play: phishConsent },
  { row: 16, tells: "a victim types the attacker's device code", play: phishDevice },
  { row: 18, tells: 'the secret of a client is guessed', play: guessSecret },
  { row: 19, tells: 'a client gets another secret', play: addSecret },
  { row: 20, tells: 'an app gets what admins may', prepare: employ, play: grantRole },
  { row: 21, tells: 'one address registers many clients', play: registerMany },
  { row: 25, tells: 'a client of old wakes', isLate: true, prepare: retire, play: wake },
  { row: 27, tells: 'everything is exported again and again', play: exportMuch },
  { row: 27, tells: 'a client reads far more than ever', play: readAll },
  { row: 28, tells: 'a client is named as a user is', play: poseAsOwner },
  { row: 30, tells: 'a token asks without a pause', play: exhaust },
]
