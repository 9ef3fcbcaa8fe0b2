// Scenario: a service ends in all the ways that services end, while the receiver is away; then one
// with the same credentials starts, and the receiver is back.
// Guarantee: every record that was made reaches the receiver, as it was signed; the next process
// sends what the last one left, and leaves nothing behind.
import { expect } from '@jest/globals'
import { faultTest } from './fault.ts'
import {
  away,
  createWorld,
  gapsOf,
  type Life,
  until,
  untilWritten,
  type World,
} from './spool-service.ts'

const requests = 40

/** Serves while the receiver is away, ends by `end`, and starts once more. */
async function twoLives(
  end: (life: Life, world: World) => Promise<void>,
  { env = {}, records = requests + 1 } = {},
): Promise<string> {
  const world = await createWorld()
  world.behave = away
  const first = await world.start(env)
  expect(await first.request(requests)).toBe(requests)
  await end(first, world)
  world.behave = null
  const second = await world.start()
  await until(() => world.sink.records().length >= records + 1, 'all records')
  await second.request(1, '/end')
  expect(await second.ended).toBe(0)
  await world.sink.close()
  expect(world.sink.faults).toEqual([])
  expect(gapsOf(world.sink)).toBe(0)
  expect(world.folders()).toEqual([])
  const left = world.sink.records().length - 3
  return `${records} made, ${left} of them received from the next process, 0 missing`
}

const expected = 'the next process sends all of it'

faultTest({ where: 'SDK', fault: 'kill -9 of the service, receiver away', expected }, () =>
  twoLives(async (life, world) => {
    await untilWritten(world)
    await life.kill('SIGKILL')
  }),
)

faultTest({ where: 'SDK', fault: 'process.exit(), receiver away', expected }, () =>
  twoLives(
    async (life) => {
      await life.request(1, '/exit')
      expect(await life.ended).toBe(3)
      expect(life.stderr()).toContain('RECORDS_UNSENT')
    },
    // And the request that ended it, and the end of the stream.
    { records: requests + 3 },
  ),
)
