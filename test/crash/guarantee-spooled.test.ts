// Scenario: an authorization server and an API whose policy says "spooled" answer while nobody
// receives, and are killed the moment their client has its response; another has no disk.
// Guarantee: what was answered is on the disk, and the next process of the service sends it; a
// broken disk or a dead receiver keeps no response back for good.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { faultTest } from './fault.ts'
import { newWorld, recordedAs, type Service, statusOf, type World } from './services.ts'

const where = 'application'

async function inWorld(run: (world: World) => Promise<string>): Promise<string> {
  const world = await newWorld()
  try {
    return await run(world)
  } finally {
    await world.end()
  }
}

for (const kind of ['authorization server', 'API'] as const) {
  const fault = `${kind}, spooled: no receiver, and kill -9 the moment its client is answered`
  const expected = 'the next process of the service sends the record'
  faultTest({ fault, where, expected }, () =>
    inWorld(async (world) => {
      await world.receiver().kill()
      const answered = 3
      for (let i = 0; i < answered; i++) {
        const service = await world.start(kind, 'spooled')
        expect(statusOf(await service.ask().all)).toBe(200)
        service.child.kill('SIGKILL')
      }
      await world.startReceiver()
      await world.start(kind, 'spooled')
      const actions = await world.logged(recordedAs[kind], answered)
      expect(actions).toHaveLength(answered)
      expect(await world.findings()).toEqual([])
      return `${answered} answered and killed, ${actions.length} in the log`
    }),
  )
}

faultTest(
  {
    fault: 'API, blocking: no receiver, and kill -9 while the response waits',
    where,
    expected: 'the client got nothing; the next process of the service sends the record',
  },
  () =>
    inWorld(async (world) => {
      const service = await world.start('API', 'blocking')
      expect(statusOf(await service.ask().all)).toBe(200)
      // It has the record, and its answer never comes.
      const receipt = world.valve.keep()
      const asked = service.ask()
      await receipt
      await world.receiver().kill()
      service.child.kill('SIGKILL')
      expect(await asked.all).toBe('')
      world.valve.open()
      await world.startReceiver()
      await world.start('API', 'blocking')
      const actions = await world.logged(recordedAs.API, 2)
      expect(await world.findings()).toEqual([])
      return `1 answered, 1 killed, ${actions.length} in the log, each once`
    }),
)

faultTest(
  {
    fault: 'authorization server, spooled: the receiver hangs',
    where,
    expected: 'clients are answered: a response waits for the disk alone',
  },
  () =>
    inWorld(async (world) => {
      const service = await world.start('authorization server', 'spooled')
      void world.valve.keep()
      const answers = await Promise.all(Array.from({ length: 8 }, () => service.ask().all))
      expect(answers.map(statusOf)).toEqual(answers.map(() => 200))
      expect(service.stderr()).not.toContain('GUARANTEE_LOWERED')
      world.valve.open()
      const actions = await world.logged('oauth.token', 8)
      return `8 answered without a receipt, ${actions.length} in the log`
    }),
)

faultTest(
  {
    fault: 'API, spooled: its folder cannot be written',
    where,
    expected: 'clients are answered, the operator is told, the records arrive',
  },
  () =>
    inWorld(async (world) => {
      const file = join(mkdtempSync(join(tmpdir(), 'grantlog-no-')), 'a file, no folder')
      writeFileSync(file, '')
      const service: Service = await world.start('API', 'spooled', {
        GRANTLOG_STATE: join(file, 'state'),
      })
      for (let i = 0; i < 3; i++) expect(statusOf(await service.ask().all)).toBe(200)
      expect(service.stderr()).toMatch(/GUARANTEE_LOWERED.*SPOOL_UNAVAILABLE/)
      const actions = await world.logged(recordedAs.API, 3)
      return `3 answered, ${actions.length} in the log, told once`
    }),
)
