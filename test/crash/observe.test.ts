// Scenario: an adapter is killed again and again, at any moment, while events come, some of them
// late, and the service fails now and then. Guarantee: each event is in the ledger once; what was
// deleted, or came while the service kept nothing, is told as a gap.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createRandom } from '@grantlog/journal/testing'
import type { LedgerRecord } from '@grantlog/query'
import { auditedAt } from '../peers/world.ts'
import { type KeycloakDouble, startKeycloakDouble } from './keycloak-double.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const run = promisify(execFile)
let root: string
let receiver: ReceiverProcess
let double: KeycloakDouble
let args: readonly string[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-observe-'))
  const data = join(root, 'data')
  receiver = await startReceiverProcess(data)
  double = await startKeycloakDouble()
  const credentials = join(root, 'observer.json')
  const key = ['--service', 'adapter', '--role', 'observer', '--endpoint', receiver.endpoint]
  await run(process.execPath, [main, 'keys', 'new', '--data', data, ...key, '--out', credentials])
  const secret = join(root, 'secret')
  await writeFile(secret, 'secret-of-a-test')
  args = [
    ...[main, 'observe', 'keycloak', '--url', double.url, '--realm', 'shop', '--json'],
    ...['--client-id', 'observer', '--client-secret-file', secret, '--interval', '1s'],
    ...['--credentials', credentials, '--state', join(root, 'state')],
  ]
})
afterEach(async () => {
  await receiver.stop()
  await double[Symbol.asyncDispose]()
  await rm(root, { recursive: true, force: true })
})

let made = 0

function happens(count: number, late = 0): void {
  for (let i = 0; i < count; i++) {
    const time = Date.now() - late
    double.events.push({ id: `event-${made++}`, time, type: 'CLIENT_LOGIN' })
  }
}

/** Killed once the service was asked so often. */
async function killedAfter(asked: number): Promise<void> {
  const until = double.asked + asked
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  while (double.asked < until && child.exitCode === null) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  child.kill('SIGKILL')
  await exited
}

const observed = async (): Promise<string> =>
  (await run(process.execPath, [...args, '--once'])).stderr

async function records(): Promise<LedgerRecord[]> {
  const all = await auditedAt(join(root, 'data')).records()
  return all.filter(({ attributes }) => attributes.has('audit.observed.by'))
}

const idsOf = (all: readonly LedgerRecord[]): string[] =>
  all.flatMap(({ attributes }) => (attributes.get('audit.observed.id') as string | undefined) ?? [])

test('each event once, whenever the adapter is killed', async () => {
  const random = createRandom(7)
  happens(1_200)
  for (let life = 0; life < 8; life++) {
    await killedAfter(3 + random.below(12))
    happens(3)
    // Of a transaction that took long.
    happens(2, 20_000)
    double.failing = life % 2
  }
  await observed()
  const ids = idsOf(await records())
  expect(ids.toSorted()).toEqual(double.events.map(({ id }) => id).toSorted())
})

test('events longer than a page takes, and one of tomorrow, hide nothing', async () => {
  const details = { username: 'x'.repeat(20_000) }
  const time = Date.now()
  for (let i = 0; i < 600; i++) {
    double.events.push({ id: `long-${i}`, time: time + i, type: 'LOGIN_ERROR', details })
  }
  double.events.push({ id: 'ahead', time: time + 86_400_000, type: 'CLIENT_LOGIN' })
  await observed()
  happens(5)
  await observed()
  await observed()
  const ids = idsOf(await records())
  expect(ids.toSorted()).toEqual(double.events.map(({ id }) => id).toSorted())
})

test('another key goes on where the one before was, with a stream of its own', async () => {
  happens(3)
  await observed()
  const [before, after] = [join(root, 'observer.json'), join(root, 'next.json')]
  const rotate = ['keys', 'rotate', 'adapter', '--data', join(root, 'data')]
  await run(process.execPath, [main, ...rotate, '--from', before, '--out', after])
  happens(3)
  args = args.map((one) => (one === before ? after : one))
  await observed()
  const all = await records()
  expect(idsOf(all).toSorted()).toEqual(double.events.map(({ id }) => id).toSorted())
  expect(new Set(all.map(({ leaf }) => leaf.kid)).size).toBe(2)
  expect(new Set(all.map(({ leaf }) => leaf.instance)).size).toBe(2)
  const verify = [main, 'verify', '--data', join(root, 'data'), '--json']
  const { stdout } = await run(process.execPath, verify).catch(
    (error) => error as { stdout: string },
  )
  expect(JSON.parse(stdout)).toMatchObject({ findings: [], gaps: 0 })
})

test('a state from before goes on with a stream of its own, and loses nothing', async () => {
  happens(3)
  await killedAfter(12)
  const [state, copy] = [join(root, 'state'), join(root, 'copy')]
  await cp(state, copy, { recursive: true })
  happens(4)
  await killedAfter(12)
  await rm(state, { recursive: true })
  await cp(copy, state, { recursive: true })
  happens(5)
  expect(await observed()).toContain('OBSERVE_STATE_OLD')
  const ids = idsOf(await records())
  expect([...new Set(ids)].toSorted()).toEqual(double.events.map(({ id }) => id).toSorted())
})

test('what was deleted, and what was not kept, is a gap; once', async () => {
  const gaps = async (): Promise<unknown[]> =>
    (await records()).flatMap(({ attributes }) => attributes.get('audit.observed.reason') ?? [])
  happens(5)
  await observed()
  expect(await gaps()).toEqual([])
  double.events.splice(0)
  expect(await observed()).toContain('OBSERVE_GAP')
  await observed()
  expect(await gaps()).toEqual(['deleted'])
  double.isOn = false
  expect(await observed()).toContain('OBSERVE_EVENTS_OFF')
  double.isOn = true
  happens(1)
  await observed()
  await observed()
  expect(await gaps()).toEqual(['deleted', 'off'])
  expect(idsOf(await records())).toHaveLength(6)
})

test('a state is of one adapter at a time, and of one realm', async () => {
  happens(1)
  await observed()
  const other = [...args, '--once']
  other[other.indexOf('shop')] = 'other'
  await expect(run(process.execPath, other)).rejects.toMatchObject({
    stderr: expect.stringContaining('OBSERVE_STATE_FOREIGN') as unknown,
  })
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  await once(child.stderr, 'data')
  await expect(run(process.execPath, [...args, '--once'])).rejects.toMatchObject({
    stderr: expect.stringContaining('OBSERVE_LOCKED') as unknown,
  })
  child.kill('SIGTERM')
  expect((await exited)[0]).toBe(0)
})
