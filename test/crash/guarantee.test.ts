// Scenario: an authorization server and an API whose policy says "blocking" run against a real
// receiver that is slow, dead, hung or refuses, and are killed themselves.
// Guarantee: no byte of a response leaves before the receipt for its record; without one the client
// gets 503 and nothing else of it; every response ends.
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { faultTest } from './fault.ts'
import { type Kind, newWorld, recordedAs, statusOf, type World } from './services.ts'

const where = 'application'
const kinds: readonly Kind[] = ['authorization server', 'API']
/** What would be in a response of each, and in no other. */
const leaks = /access_token|4711|set-cookie|x-powered-by|etag/i
const soon = { GRANTLOG_BLOCKING_TIMEOUT_MS: '700' }

async function inWorld(run: (world: World) => Promise<string>, enrolled?: string | null) {
  const world = await newWorld(enrolled)
  try {
    return await run(world)
  } finally {
    await world.end()
  }
}

function expectWithheld(answer: string): void {
  expect(statusOf(answer)).toBe(503)
  expect(answer).toContain('RESPONSE_WITHHELD')
  expect(answer).not.toMatch(leaks)
}

for (const kind of kinds) {
  const fault = `${kind}, blocking: the receiver's answer is delayed`
  const expected = 'nothing of the response leaves before the receipt, then all of it'
  faultTest({ fault, where, expected }, () =>
    inWorld(async (world) => {
      const service = await world.start(kind, 'blocking')
      expect(statusOf(await service.ask().all)).toBe(200)
      const receipt = world.valve.keep()
      const asked = service.ask()
      await receipt
      const before = asked.bytes()
      expect(before).toBe('')
      expect(await world.actions()).toEqual([recordedAs[kind], recordedAs[kind]])
      world.valve.open()
      const after = await asked.all
      expect(statusOf(after)).toBe(200)
      expect(await world.findings()).toEqual([])
      return `0 bytes before the receipt, ${after.length} after it`
    }),
  )
}

for (const kind of kinds) {
  const fault = `${kind}, blocking: the receiver is killed, and comes back`
  const expected = '503 without a word of the response, each withheld one recorded; then it works'
  faultTest({ fault, where, expected }, () =>
    inWorld(async (world) => {
      const service = await world.start(kind, 'blocking', soon)
      expect(statusOf(await service.ask().all)).toBe(200)
      await world.receiver().kill()
      let withheld = 0
      for (; withheld < 2; withheld++) expectWithheld(await service.ask().all)
      await world.startReceiver()
      let answer = await service.ask().all
      for (; statusOf(answer) !== 200; withheld++) {
        expectWithheld(answer)
        answer = await service.ask().all
      }
      const actions = await world.actions()
      const count = (action: string): number => actions.filter((one) => one === action).length
      expect(count(recordedAs[kind])).toBe(withheld + 2)
      expect(count('audit.response.withheld')).toBe(withheld)
      expect(await world.findings()).toEqual([])
      return `${withheld} withheld and recorded as such, 2 answered, ${actions.length} in the log`
    }),
  )
}

faultTest(
  {
    fault: 'API, blocking: the receiver hangs',
    where,
    expected: '503 after the deadline; the record is in the log, and below it that it was withheld',
  },
  () =>
    inWorld(async (world) => {
      const service = await world.start('API', 'blocking', soon)
      expect(statusOf(await service.ask().all)).toBe(200)
      void world.valve.keep()
      expectWithheld(await service.ask().all)
      expect(service.stderr()).toContain('RESPONSE_WITHHELD')
      world.valve.open()
      expect(statusOf(await service.ask().all)).toBe(200)
      const actions = await world.actions()
      expect(actions.filter((one) => one === 'oauth.resource_access')).toHaveLength(3)
      expect(actions.filter((one) => one === 'audit.response.withheld')).toHaveLength(1)
      expect(await world.findings()).toEqual([])
      return `3 asked, 1 withheld, ${actions.length} records in the log`
    }),
)

faultTest(
  {
    fault: 'authorization server, blocking: the receiver does not know its key',
    where,
    expected: '503 after the deadline, for the key may be enrolled yet; no token leaves',
  },
  () =>
    inWorld(async (world) => {
      const service = await world.start('authorization server', 'blocking', soon)
      expectWithheld(await service.ask().all)
      expect(await world.actions()).toEqual([])
      return '1 withheld, 0 in the log'
    }, null),
)

faultTest(
  {
    fault: 'authorization server, blocking: its key is not enrolled for this service',
    where,
    expected: '503 at once: a refusal is not waited out; no token leaves',
  },
  () =>
    inWorld(async (world) => {
      // The deadline is not what ends it.
      const env = { GRANTLOG_BLOCKING_TIMEOUT_MS: '60000' }
      const service = await world.start('authorization server', 'blocking', env)
      expectWithheld(await service.ask().all)
      expect(service.stderr()).toMatch(/RESPONSE_WITHHELD.*RECORD_REFUSED/)
      expect(await world.actions()).toEqual([])
      return '1 withheld, 0 in the log'
    }, 'shop'),
)

for (const kind of kinds) {
  const fault = `${kind}, blocking: kill -9 between the record and the response`
  const expected = 'the client got nothing, the record is in the log'
  faultTest({ fault, where, expected }, () =>
    inWorld(async (world) => {
      const service = await world.start(kind, 'blocking')
      expect(statusOf(await service.ask().all)).toBe(200)
      const receipt = world.valve.keep()
      const asked = service.ask()
      await receipt
      service.child.kill('SIGKILL')
      expect(await asked.all).toBe('')
      const actions = await world.actions()
      expect(actions).toEqual([recordedAs[kind], recordedAs[kind]])
      expect(await world.findings()).toEqual([])
      return `0 bytes at the client, ${actions.length} of 2 in the log`
    }),
  )
}

faultTest(
  {
    fault: 'API, blocking: clients leave while they wait',
    where,
    expected: 'the service goes on, each of them has its record',
  },
  () =>
    inWorld(async (world) => {
      const service = await world.start('API', 'blocking')
      const receipt = world.valve.keep()
      const asked = Array.from({ length: 5 }, () => service.ask())
      await receipt
      for (const { socket } of asked) socket.destroy()
      await Promise.all(asked.map(({ all }) => all))
      world.valve.open()
      expect(statusOf(await service.ask().all)).toBe(200)
      // Of who left before there was an answer the record waits for that, a quarter of a second.
      let actions = await world.actions()
      for (let looks = 0; actions.length < 6 && looks < 50; looks++) {
        await setTimeout(100)
        actions = await world.actions()
      }
      expect(actions).toHaveLength(6)
      expect(service.child.exitCode).toBe(null)
      return `5 left, 1 was answered, ${actions.length} in the log`
    }),
)

faultTest(
  {
    fault: 'a blocking service calls itself within requests, 40 at a time',
    where,
    expected: 'all are answered: nobody waits for another request',
  },
  () =>
    inWorld(async (world) => {
      const service = await world.start('service', 'blocking')
      const answers = await Promise.all(Array.from({ length: 40 }, () => service.ask().all))
      expect(answers.map(statusOf)).toEqual(answers.map(() => 200))
      const actions = await world.actions()
      // Outer and inner as served, and the call itself as a client with a token.
      const served = actions.filter((one) => one === 'oauth.resource_access').length
      expect(served).toBeGreaterThanOrEqual(80)
      return `40 answered, ${served} accesses in the log`
    }),
)

faultTest(
  {
    fault: 'stop() while blocking responses wait for a receiver that is gone',
    where,
    expected: 'they end with 503 before the deadline, and the process ends',
  },
  () =>
    inWorld(async (world) => {
      const env = { GRANTLOG_BLOCKING_TIMEOUT_MS: '60000' }
      const service = await world.start('service', 'blocking', env)
      expect(statusOf(await service.ask().all)).toBe(200)
      const receipt = world.valve.keep()
      const asked = [service.ask('/inner'), service.ask('/inner')]
      await receipt
      await world.receiver().kill()
      service.child.stdin?.write('stop\n')
      const [code] = (await once(service.child, 'exit')) as [number]
      expect(code).toBe(0)
      const answers = await Promise.all(asked.map(({ all }) => all))
      // The second may have come too late for the server to take it.
      expectWithheld(answers.find((one) => one !== '') ?? '')
      for (const answer of answers) expect(answer).not.toMatch(/inner/)
      return `answered ${answers.map(statusOf).join(' and ')}, exit ${code}`
    }),
)

for (const [fault, env, code] of [
  ['a Collector stands between', { GRANTLOG_VIA_COLLECTOR: '1' }, 'BLOCKING_VIA_COLLECTOR'],
  ['its credentials are missing', { GRANTLOG_CREDENTIALS: '' }, 'CREDENTIALS_MISSING'],
] as const) {
  const expected = 'it does not start, and says why'
  faultTest({ fault: `API, blocking: ${fault}`, where, expected }, () =>
    inWorld(async (world) => {
      const error = await world.start('API', 'blocking', env).then(
        () => 'it started',
        (reason: Error) => reason.message,
      )
      expect(error).toMatch(new RegExp(`^exit 1: grantlog: ${code}: `))
      expect(error).toContain('BLOCKING_REFUSED')
      return `exit 1, ${code}`
    }),
  )
}
