// The services of the simulated world, and how what happens in them becomes events: facts go
// through the SDK's own `describe`, get the stamp of a producer, and come in batches, in order of
// the log.
import { createSecretKey, hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ATTR, type AttributeValue, type RecordAttributes, readPolicy } from '@grantlog/record'
import { describeFacts } from '../../../packages/sdk/src/describe/describe.ts'
import type { Facts } from '../../../packages/sdk/src/facts.ts'
import { createHashes } from '../../../packages/sdk/src/protect/hash.ts'
import { sha256 } from '../../../packages/sdk/src/sha256.ts'
import type { Attack, LabelledEvent } from '../label.ts'
import { Clock, Heap } from './clock.ts'
import { Random } from './random.ts'

/** Its services; `staff` is a Keycloak that an adapter looks at. */
export const serviceNames = ['login', 'api', 'web', 'worker', 'batch', 'staff'] as const
export type ServiceName = (typeof serviceNames)[number]

interface Service {
  readonly name: ServiceName
  /** How far its clock is ahead. */
  readonly skewMs: number
  sequence: number
  /** What happens before is sent only then: its network is down. */
  heldUntilMs: number
}

/** An event that is on its way to the log. */
interface Underway extends LabelledEvent {
  readonly order: number
}

/** A batch leaves so often. */
const batchMs = 500
/** A policy of an API that has roles, scopes and privileged routes: the demo's. */
const policyFile = join(import.meta.dirname, '../../../examples/demo/policy.json')

export class Scene {
  readonly clock: Clock
  readonly random: Random
  readonly #hashes: ReturnType<typeof createHashes>
  readonly #policy = readPolicy(readFileSync(policyFile, 'utf8'), sha256)
  readonly #services: ReadonlyMap<ServiceName, Service>
  readonly #underway = new Heap<Underway>(
    (a, b) => a.event.receivedMs - b.event.receivedMs || a.order - b.order,
  )
  #order = 0
  #index = 0

  constructor(seed: number, startMs: number) {
    this.clock = new Clock(startMs)
    this.random = new Random(seed)
    const key = (kid: string) => ({ kid, key: createSecretKey(hash('sha256', kid, 'buffer')) })
    this.#hashes = createHashes({ tokenKey: key('t1'), personKey: key('p1') })
    const services = serviceNames.map((name): Service => {
      // Clocks that NTP keeps, and one that it does not.
      const skewMs = Math.round(this.random.between(-200, 200)) + (name === 'api' ? 3_000 : 0)
      return { name, skewMs, sequence: 0, heldUntilMs: 0 }
    })
    this.#services = new Map(services.map((service) => [service.name, service]))
  }

  /** Unix seconds, by the clock of a service. */
  nowS(name: ServiceName): number {
    return Math.floor((this.clock.nowMs + this.#services.get(name)!.skewMs) / 1000)
  }

  /** Keyed hash of a person, a session or a grant. */
  hashOf(identifier: string): string {
    return this.#hashes.person(identifier)!
  }

  /** What has just happened in a service; `more` is what no fact tells. */
  record(
    name: ServiceName,
    facts: Facts,
    attack: Attack | null,
    more: readonly (readonly [name: string, value: AttributeValue])[] = [],
  ): void {
    const { attributes } = describeFacts(facts, this.#hashes, this.#policy)
    for (const [attribute, value] of more) attributes.set(attribute, value)
    this.add(name, attributes, attack)
  }

  /** The same of what is described already. */
  add(name: ServiceName, attributes: RecordAttributes, attack: Attack | null): void {
    const service = this.#services.get(name)!
    const order = this.#order++
    const id = this.#idOf(order)
    const receivedMs = this.#arrivalMs(service)
    attributes.set(ATTR.AUDIT_PRODUCER_SERVICE, name === 'staff' ? 'observer' : name)
    attributes.set(ATTR.AUDIT_PRODUCER_ENVIRONMENT, 'demo')
    attributes.set(ATTR.AUDIT_POLICY_HASH, this.#policy.hash)
    attributes.set(ATTR.AUDIT_RECORD_ID, id)
    attributes.set(ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(service.sequence++))
    const atMs = this.clock.nowMs + service.skewMs
    this.#underway.push({ event: { id, index: null, atMs, receivedMs, attributes }, attack, order })
  }

  /** Until then nothing of this service arrives; then all of it does. */
  hold(name: ServiceName, forMs: number): void {
    this.#services.get(name)!.heldUntilMs = this.clock.nowMs + forMs
  }

  /** Events that have arrived by now, in order of the log. */
  *arrived(untilMs = this.clock.nowMs): Generator<LabelledEvent, void, void> {
    for (;;) {
      const next = this.#underway.peek()
      if (next === undefined || next.event.receivedMs > untilMs) return
      this.#underway.pop()
      yield { event: { ...next.event, index: this.#index++ }, attack: next.attack }
    }
  }

  #arrivalMs({ heldUntilMs, name }: Service): number {
    const leavesMs = Math.max(this.clock.nowMs, heldUntilMs)
    const phaseMs = serviceNames.indexOf(name) * 70
    return Math.ceil((leavesMs - phaseMs) / batchMs) * batchMs + phaseMs + 20
  }

  /** In the form of a UUIDv7, of nothing but the moment and the order. */
  #idOf(order: number): string {
    const time = this.clock.nowMs.toString(16).padStart(12, '0')
    return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${order.toString(16).padStart(12, '0')}`
  }
}
