// Clients without people: one that works all day, one at night, one that looks whether all is well.
import type { PresentedFacts } from '../../../../packages/sdk/src/facts.ts'
import { call, clientToken, machine, type Parties, tokenTtlS } from '../acts.ts'
import type { Play } from '../clock.ts'
import { callFacts } from '../facts/call.ts'
import { type Client, type From, serverFacts } from '../facts/server.ts'
import { dayMs } from './sessions.ts'

const minuteMs = 60_000

export const worker = machine('worker', 'orders:read orders:write')
export const workerFrom: From = { address: '198.18.0.20', userAgent: 'node' }
export const batch = machine('batch', 'orders:read')
export const batchFrom: From = { address: '198.18.0.30', userAgent: 'batch/4.2' }

/** Places orders, a few in each ten minutes. */
export function* workingClient(parties: Parties, client: Client, from: From): Play {
  const { random } = parties.scene
  for (;;) {
    const token = clientToken(parties, client, from)
    const untilMs = parties.scene.clock.nowMs + (tokenTtlS - 20) * 1000
    for (;;) {
      yield random.exponential(12 * minuteMs)
      if (parties.scene.clock.nowMs > untilMs) break
      const request = { method: 'POST', route: '/orders', status: 201, bytes: 39 }
      call(parties, { from, request, token })
    }
  }
}

/** Every night it reads what there is: far more at once than in a whole day. */
export function* nightlyJob(parties: Parties, reports: number): Play {
  const { clock, random } = parties.scene
  for (;;) {
    yield dayMs - ((clock.nowMs - 2 * 60 * minuteMs) % dayMs) + random.between(0, 5 * minuteMs)
    const token = clientToken(parties, batch, batchFrom)
    const count = Math.round(reports * random.between(0.8, 1.2))
    for (let read = 0; read < count; read++) {
      yield random.between(300, 1_500)
      const bytes = 4_000 + random.below(2_000)
      const request = { method: 'GET', route: '/reports/:id', status: 200, bytes }
      call(parties, { from: batchFrom, request, token })
    }
  }
}

/** Asks without a token, and expects to be told so. */
export function* monitoring(parties: Parties): Play {
  const from = { address: '198.18.0.99', userAgent: 'probe/1.0' }
  for (;;) {
    yield 30 * minuteMs
    const request = { method: 'GET', route: '/orders', status: 401, bytes: 2 }
    call(parties, { from, request, token: null })
  }
}

/**
 * Clients that are restarted, as by a new version: they read the metadata of the server again. What
 * their streams say of themselves no rule sees.
 */
export function* deployments({ scene }: Parties, everyMs: number): Play {
  for (;;) {
    yield everyMs * scene.random.between(0.7, 1.3)
    for (const name of ['web', 'worker'] as const) {
      yield scene.random.between(5_000, 30_000)
      const client = { ...worker, id: name }
      const found = { action: 'oauth.discovery', client, method: 'GET', clientAuthMethod: null }
      scene.record(name, callFacts(found), null)
    }
  }
}

/** Its network is down for some minutes; then all that happened meanwhile comes at once. */
export function* outages({ scene }: Parties, everyMs: number): Play {
  for (;;) {
    yield scene.random.exponential(everyMs)
    scene.hold(scene.random.pick(['api', 'login', 'web']), scene.random.between(1, 5) * minuteMs)
  }
}

/** A token that only the authorization server can read: the API asks it, each time. */
export function* partner(parties: Parties): Play {
  const { random, scene } = { ...parties, random: parties.scene.random }
  const client = machine('partner', 'orders:read')
  const api = machine('api', 'orders:read')
  const from = { address: '198.18.0.40', userAgent: 'node' }
  for (;;) {
    yield 20 * minuteMs * random.between(0.8, 1.2)
    const { value } = clientToken(parties, client, from)
    yield 900
    const presented: PresentedFacts = {
      ...{ value, isFound: true, type: 'access_token', location: 'body', scope: null },
      ...{ audience: [], issuedAtS: scene.nowS('login') - 1, binding: null, isActive: true },
      ...{ expiresAtS: scene.nowS('login') + tokenTtlS - 1, isRevoked: false, hasGrant: false },
    }
    const facts = serverFacts({
      ...{ action: 'oauth.introspect', endpoint: 'introspection', client: api, succeeded: true },
      ...{ from: { address: '198.18.0.50', userAgent: 'node' }, atS: scene.nowS('login') },
      http: { method: 'POST', route: '/token/introspection', status: 200 },
      presented,
    })
    scene.record('login', facts, null)
  }
}
