// Synthetic traffic of a shop with an authorization server, an API, clients and staff, over weeks
// of a virtual clock: what is usual, and attacks in between. See simulator.test.ts.
import type { LabelledEvent } from '../label.ts'
import { attacks } from './attacks/attacks.ts'
import type { Parties } from './acts.ts'
import {
  deployments,
  monitoring,
  nightlyJob,
  outages,
  partner,
  worker,
  workerFrom,
  workingClient,
} from './load/machines.ts'
import { dayMs, exporter, phoneUser, shopper } from './load/sessions.ts'
import { administrators, developers } from './load/staff.ts'
import { televisions } from './load/televisions.ts'
import { createPeople, type Person, updates } from './people.ts'
import { Scene } from './scene.ts'

export interface Simulation {
  readonly seed: number
  readonly days: number
  readonly people: number
  /** Visits to the shop or on the phone of all people together. */
  readonly visitsPerDay: number
  /** How often each kind of attack is made. */
  readonly attacksOfEachKind: number
}

/** 1 October 2026, 00:00 UTC. */
export const startMs = Date.UTC(2026, 9, 1)
/** What is usual is learned in the first part: attacks come later. */
const learningShare = 0.45
/** Where a long silence comes before. */
const lateShare = 0.9

/** Events in order of the log. */
export function* simulate(simulation: Simulation): Generator<LabelledEvent, void, void> {
  const scene = new Scene(simulation.seed, startMs)
  const parties: Parties = { scene, attack: null }
  const people = createPeople(simulation.people, scene.random)
  startLoad(parties, people, simulation)
  startAttacks(scene, people, simulation)
  const endMs = startMs + simulation.days * dayMs
  while (scene.clock.step(endMs)) yield* scene.arrived()
  yield* scene.arrived(Infinity)
}

function startLoad(
  parties: Parties,
  people: readonly Person[],
  { visitsPerDay }: Simulation,
): void {
  const { clock } = parties.scene
  const start = (play: Parameters<typeof clock.start>[0]): void => clock.start(play)
  const harmonic = people.reduce((sum, _, at) => sum + 1 / (at + 4), 0)
  for (const [at, person] of people.entries()) {
    const share = 1 / (at + 4) / harmonic
    const meanMs = dayMs / (visitsPerDay * share)
    // Some have the app as well; some have only it.
    const ways = [...(person.comesFromHome ? [shopper] : []), ...(at % 3 === 0 ? [] : [phoneUser])]
    for (const way of ways) start(way(parties, person, meanMs * ways.length))
  }
  for (const admin of people.filter(({ role }) => role === 'admin').slice(0, 3)) {
    start(exporter(parties, admin, 5 * dayMs))
  }
  start(workingClient(parties, worker, workerFrom))
  start(nightlyJob(parties, visitsPerDay))
  start(monitoring(parties))
  start(partner(parties))
  start(deployments(parties, 4 * dayMs))
  start(outages(parties, 3 * dayMs))
  start(administrators(parties, dayMs / 12))
  start(developers(parties, 2 * dayMs))
  start(televisions(parties, people, dayMs / 4))
  // Each has something new twice in a month.
  start(updates(people, parties.scene.random, (15 * dayMs) / people.length))
}

/** Each kind as often, each time at another moment and of somebody else. */
function startAttacks(
  scene: Scene,
  people: readonly Person[],
  { attacksOfEachKind, days }: Simulation,
): void {
  for (let round = 0; round < attacksOfEachKind; round++) {
    for (const { isLate = false, play, prepare, row, tells } of attacks) {
      const from = isLate ? lateShare : learningShare
      const afterMs = days * dayMs * scene.random.between(from, 0.97)
      const attacking = { scene, attack: { id: `${row}-${tells}-${round}`, row, tells }, people }
      if (prepare !== undefined) scene.clock.start(prepare(attacking))
      scene.clock.start(play(attacking), afterMs)
    }
  }
}
