// Scenario: instrumented services, a receiver and a sink under load; they are killed or stopped by
// a script, or at random at 70 % of the most that they can do. `npm run soak` is that for as long
// as one likes.
// Guarantee: what was answered is sealed, or a loss that its stream shows.
import { setTimeout as delay } from 'node:timers/promises'
import { newFolder } from './data-folder.ts'
import { type Fault, faultTest } from './fault.ts'
import { claimsOf } from './soak/claims.ts'
import type { Part, World } from './soak/parts.ts'
import { soak, type SoakOptions } from './soak/soak.ts'

const settings = { load: 0.7, services: 2, seed: 5, calibrateSeconds: 5, faultSeconds: 6 }

/** Runs it; throws when a claim does not hold. Gives the equation. */
async function soaked(
  options: Pick<SoakOptions, 'guarantee' | 'minutes' | 'rate' | 'script'>,
): Promise<string> {
  await using folder = await newFolder('soak')
  const tell = (): void => undefined
  const report = await soak({ ...settings, ...options, folder: folder.path, tell })
  const claims = claimsOf(report)
  const failed = claims.filter(({ holds }) => holds === false)
  if (failed.length > 0) throw new Error(JSON.stringify({ failed, report }, null, 2))
  return `${report.answered} answered; ${claims[0]!.seen}`
}

interface Row extends Pick<Fault, 'where' | 'fault' | 'isLong'> {
  readonly script: (world: World) => Promise<void>
}

/** Kills each of them so often, at moments that are no multiple of a tick, and starts it again. */
async function killed(parts: readonly Part[], times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await delay(700 + ((i * 137) % 400))
    await Promise.all(parts.map((part) => part.kill()))
    await Promise.all(parts.map((part) => part.start()))
  }
}

async function stopped(part: Part, ms: number): Promise<void> {
  part.signal('SIGSTOP')
  await delay(ms)
  part.signal('SIGCONT')
  await delay(500)
}

const rows: Row[] = [
  {
    where: 'SDK',
    fault: 'kill -9 of a service under load, 4 times',
    script: (world) => killed([world.services[1]!], 4),
  },
  {
    where: 'both sides',
    fault: 'kill -9 of the receiver under a service that works on, 5 times',
    isLong: true,
    script: (world) => killed([world.receiver], 5),
  },
  {
    where: 'both sides',
    fault: 'kill -9 of service, receiver and sink at once, 3 times',
    script: (world) => killed([world.services[1]!, world.receiver, world.sink], 3),
  },
  {
    where: 'both sides',
    fault: 'SIGSTOP of the receiver, then of a service, for 3 s each',
    isLong: true,
    script: async ({ receiver, services }) => {
      await stopped(receiver, 3_000)
      await stopped(services[1]!, 3_000)
    },
  },
  {
    where: 'sink',
    fault: 'kill -9 of the sink, 5 times',
    isLong: true,
    script: (world) => killed([world.sink], 5),
  },
]

const buffered = 'emitted = sealed + numbered losses, none of them older than a tick'
const spooled = 'emitted = sealed: each answered request has its record'

for (const { script, ...row } of rows) {
  faultTest({ ...row, fault: `${row.fault} (buffered)`, expected: buffered, isLong: true }, () =>
    soaked({ guarantee: 'buffered', minutes: 0, rate: 60, script }),
  )
  faultTest({ ...row, fault: `${row.fault} (spooled)`, expected: spooled }, () =>
    soaked({ guarantee: 'spooled', minutes: 0, rate: 60, script }),
  )
}

for (const [guarantee, expected] of [['buffered', buffered]] as const) {
  faultTest(
    {
      where: 'both sides',
      fault: `random kills of services, receiver, sink: 1.5 minutes, 70 % load (${guarantee})`,
      expected,
      isLong: true,
    },
    () => soaked({ guarantee, minutes: 1.5 }),
  )
}
