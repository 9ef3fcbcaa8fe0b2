// What administrators and developers do: most of it looks like the beginning of an attack.
import { describeAdminEvent } from '../../../../packages/observe/src/keycloak/admin.ts'
import { readAdminEvent } from '../../../../packages/observe/src/keycloak/event.ts'
import { ATTR } from '@grantlog/record'
import type { Attack } from '../../label.ts'
import type { Parties } from '../acts.ts'
import type { Play } from '../clock.ts'
import { type Client, type From, issuer, serverFacts } from '../facts/server.ts'
import type { Scene } from '../scene.ts'
import { untilActive } from './sessions.ts'

export const adminFrom: From = { address: '203.0.113.3', userAgent: 'Mozilla/5.0 Firefox/142.0' }

export interface AdminAct {
  readonly admin: string
  readonly address: string
  readonly operationType: 'CREATE' | 'UPDATE' | 'DELETE' | 'ACTION'
  readonly resourceType: string
  readonly resourcePath: string
}

/** One of Keycloak's admin events, as the adapter tells it. */
export function adminEvent(scene: Scene, act: AdminAct, attack: Attack | null): void {
  const { address, admin, ...rest } = act
  const id = `event-${scene.random.hex(12)}`
  const json = {
    ...{ id, time: scene.clock.nowMs, ...rest },
    authDetails: { userId: admin, ipAddress: address, clientId: 'console', realmId: 'staff' },
  }
  const hashOf = (text: string): string => scene.hashOf(text)
  const { action, attributes } = describeAdminEvent(readAdminEvent(json), { hashOf })
  attributes.set(ATTR.AUDIT_ACTION, action)
  attributes.set(ATTR.AUDIT_OBSERVED_ID, id)
  attributes.set(ATTR.OAUTH_ROLE, 'observer')
  attributes.set(ATTR.AUDIT_OBSERVED_BY, 'keycloak')
  attributes.set(ATTR.AUDIT_OBSERVED_SERVICE, 'keycloak/staff')
  attributes.set(ATTR.OAUTH_ISSUER, 'https://keycloak.example.com/realms/staff')
  scene.add('staff', attributes, attack)
}

/** Users are changed and get roles; now and then a client is added, or its secret rotated. */
export function* administrators(parties: Parties, meanMs: number): Play {
  const { scene } = parties
  const { random } = scene
  for (;;) {
    yield* untilActive(parties, meanMs)
    const act = { admin: `admin-${random.below(3)}`, address: adminFrom.address } as const
    const user = `users/staff-${random.below(200)}`
    const at = random.float()
    if (at < 0.6) {
      const told = { operationType: 'UPDATE', resourceType: 'USER', resourcePath: user } as const
      adminEvent(scene, { ...act, ...told }, null)
    } else if (at < 0.9) {
      const resourcePath = `${user}/role-mappings/realm`
      const told = { operationType: 'CREATE', resourceType: 'REALM_ROLE_MAPPING' } as const
      adminEvent(scene, { ...act, ...told, resourcePath }, null)
    } else {
      const resourcePath = `clients/app-${random.hex(6)}`
      const told = { operationType: 'CREATE', resourceType: 'CLIENT' } as const
      adminEvent(scene, { ...act, ...told, resourcePath }, null)
    }
  }
}

/** A client registers itself (RFC 7591). */
export function register({ attack, scene }: Parties, id: string, from: From): Client {
  const client = {
    ...{ id, name: `App ${id}`, authMethod: 'client_secret_basic' },
    ...{ redirectUri: `https://${id}.example.net/callback`, scope: 'openid orders:read' },
  }
  const facts = serverFacts({
    ...{ action: 'oauth.register', endpoint: 'registration', client, from, issuer },
    ...{ succeeded: true, atS: scene.nowS('login'), registeredClientId: id, isDynamicClient: true },
    http: { method: 'POST', route: '/reg', status: 201 },
  })
  scene.record('login', facts, attack)
  return client
}

/** Developers register clients, one now and another some hours later. */
export function* developers(parties: Parties, meanMs: number): Play {
  const { random } = parties.scene
  for (;;) {
    yield* untilActive(parties, meanMs)
    const address = `203.0.113.${1 + random.below(6)}`
    register(parties, `app-${random.hex(6)}`, { address, userAgent: 'node' })
  }
}
