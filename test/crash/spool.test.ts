// Scenario: a service ends in all the ways that services end, while the receiver is away; then one
// with the same credentials starts, and the receiver is back.
// Guarantee: every record that was made reaches the receiver, as it was signed; the next process
// sends what the last one left, and leaves nothing behind.
import { readFileSync, statSync } from 'node:fs'
import { expect } from '@jest/globals'
import { faultTest } from './fault.ts'
import {
  away,
  createWorld,
  gapsOf,
  type Life,
  numbersOf,
  until,
  untilSafe,
  untilWritten,
  type World,
} from './spool-service.ts'

const requests = 40
const where = 'SDK'

interface Lives {
  readonly env?: Readonly<Record<string, string>>
  /** What must come of the first life. */
  readonly records?: number
}

/** Serves while the receiver is away, ends by `end`, and starts once more. */
async function twoLives(
  end: (life: Life, world: World) => Promise<void>,
  { env = {}, records = requests + 1 }: Lives = {},
): Promise<string> {
  const world = await createWorld()
  world.behave = away
  const first = await world.start(env)
  expect(await first.request(requests)).toBe(requests)
  await end(first, world)
  world.behave = null
  return `${records} made, ${await drain(world, records)} received from the next process`
}

/** Starts a process that must send `records`; how many came that were not its own. */
async function drain(world: World, records: number): Promise<number> {
  const before = numbersOf(world.sink).size
  let lives = 0
  do {
    // By name: a process that has just started may have no folder of its own yet.
    const dead = new Set(world.folders())
    const life = await world.start()
    await until(() => world.sink.records().length > records, 'all records')
    // Its own is left; those of the dead are gone once all of them is receipted.
    await until(
      () => !world.folders().some((name) => dead.has(name)),
      'the folders of the dead to go',
    )
    await life.request(1, '/end')
    expect(await life.ended).toBe(0)
    lives++
    // On a busy machine the receipt for its stop may come too late: then one more has it to send.
  } while (world.folders().length > 0 && lives < 3)
  await world.sink.close()
  expect(world.sink.faults).toEqual([])
  expect(gapsOf(world.sink)).toBe(0)
  expect(world.folders()).toEqual([])
  expect(numbersOf(world.sink).size).toBeGreaterThan(before)
  // Of each its start, its last request and its stop.
  const others = world.sink.records().length - 3 * lives
  expect(others).toBeGreaterThanOrEqual(records)
  return others
}

/** The names of the last records of each stream. */
function lastNames(world: World): string[] {
  const last = new Map(world.sink.records().map(({ instance, span }) => [instance, span.name]))
  return [...last.values()]
}

const expected = 'the next process sends all of it'

faultTest({ where, fault: 'kill -9 of the service, receiver away', expected }, () =>
  twoLives(async (life, world) => {
    await untilWritten(world)
    await life.kill('SIGKILL')
  }),
)

faultTest({ where, fault: 'process.exit(), receiver away', expected }, async () => {
  let world: World | undefined
  const seen = await twoLives(
    async (life, its) => {
      world = its
      await life.request(1, '/exit')
      expect(await life.ended).toBe(3)
      expect(life.stderr()).toContain('RECORDS_UNSENT')
    },
    // And the request that ended it, and the end of the stream.
    { records: requests + 3 },
  )
  expect(new Set(lastNames(world!))).toEqual(new Set(['audit.stream.stop']))
  return `${seen}, its stop, too`
})

faultTest({ where, fault: 'an uncaught exception, receiver away', expected }, () =>
  twoLives(
    async (life) => {
      await life.request(1, '/throw')
      expect(await life.ended).toBe(1)
    },
    { records: requests + 3 },
  ),
)

faultTest({ where, fault: 'SIGTERM, whose handler exits, receiver away', expected }, () =>
  twoLives(
    async (life) => {
      await life.kill('SIGTERM')
      expect(await life.ended).toBe(0)
    },
    { env: { SIGNALS: '1' }, records: requests + 2 },
  ),
)

faultTest({ where, fault: 'SIGTERM without a handler, receiver away', expected }, () =>
  twoLives(async (life, world) => {
    await untilWritten(world)
    await life.kill('SIGTERM')
  }),
)

faultTest({ where, fault: 'worker.terminate(), then the process, receiver away', expected }, () =>
  twoLives(
    async (life, world) => {
      await untilWritten(world)
      await life.request(1, '/terminate')
      expect(await life.line()).toBe('terminated')
      await life.kill('SIGKILL')
    },
    // Of the worker and of the main thread, which has nothing but its start.
    { env: { WORKER: '1' }, records: requests + 2 },
  ),
)

faultTest(
  {
    where,
    fault: 'kill -9 of the service; 4 successors start at once, and one folder is left',
    expected: 'it is taken: no record is missing, and nothing is left',
  },
  async () => {
    const world = await createWorld()
    world.behave = away
    const first = await world.start()
    expect(await first.request(requests)).toBe(requests)
    await untilWritten(world)
    await first.kill('SIGKILL')
    const [dead] = world.folders()
    world.behave = null
    const lives = await Promise.all([1, 2, 3, 4].map(() => world.start()))
    await until(() => !world.folders().includes(dead!), 'the end of the folder')
    await Promise.all(lives.map((life) => life.request(1, '/end')))
    expect(await Promise.all(lives.map(({ ended }) => ended))).toEqual([0, 0, 0, 0])
    await world.sink.close()
    expect(world.sink.faults).toEqual([])
    const all = [...numbersOf(world.sink).values()]
    expect(all).toHaveLength(5)
    const longest = all.toSorted((a, b) => b.length - a.length)[0]!
    expect(longest).toEqual(Array.from({ length: requests + 1 }, (_, number) => number))
    expect([gapsOf(world.sink), world.folders()]).toEqual([0, []])
    return `${longest.length} records of the dead, none missing; 4 others`
  },
)

faultTest({ where, fault: 'kill -9 of a cluster of 3, and 3 successors', expected }, async () => {
  const world = await createWorld()
  world.behave = away
  const first = await world.start({ CLUSTER: '3' })
  for (let i = 1; i < 3; i++) await first.line()
  expect(await first.request(requests)).toBe(requests)
  await untilWritten(world)
  const workers = world.folders().length
  // Its workers see their primary go, and end by themselves.
  await first.kill('SIGKILL')
  world.behave = null
  const second = await world.start({ CLUSTER: '3' })
  const records = requests + 4
  await until(() => world.sink.records().length >= records + 4, 'all records')
  expect(world.sink.faults).toEqual([])
  expect(gapsOf(world.sink)).toBe(0)
  await second.kill('SIGKILL')
  const others = world.sink.records().length
  await world.sink.close()
  return `${workers} folders left by 4 processes, ${others} records received, 0 missing`
})

const loop = {
  where,
  fault: 'kill -9 of the service six times, receiver up and down',
  expected: 'all that was written is received, no gap but at the end of a life',
} as const

faultTest(loop, async () => {
  const world = await createWorld()
  let answered = 0
  for (let life = 0; life < 6; life++) {
    world.behave = life % 2 === 0 ? away : null
    const service = await world.start()
    const before = world.sink.records().length
    answered += await service.request(15)
    if (life % 3 !== 2) await untilSafe(world, before)
    await service.kill('SIGKILL')
  }
  world.behave = null
  // Two lives ended without waiting: what is younger than a tick may be gone.
  const least = 6 + answered - 2 * 16
  return `${answered} answered, ${await drain(world, least)} received`
})

const secret = {
  where,
  fault: 'somebody reads the spool',
  expected: 'no token, address or action in clear, and only its owner may read it',
} as const

faultTest(secret, async () => {
  const world = await createWorld()
  world.behave = away
  const life = await world.start()
  await life.request(requests)
  await untilWritten(world)
  const files = world.files()
  for (const { path } of files) {
    const text = readFileSync(path, 'latin1')
    expect(text).not.toMatch(/top-secret|127\.0\.0\.1|oauth|audit|grantlog-batch|login/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  }
  for (const name of world.folders()) {
    expect(statSync(`${world.state}/spool/${name}`).mode & 0o777).toBe(0o700)
  }
  await life.kill('SIGKILL')
  await world.sink.close()
  return `${files.length} files, ${files.reduce((sum, { bytes }) => sum + bytes, 0)} bytes searched`
})
