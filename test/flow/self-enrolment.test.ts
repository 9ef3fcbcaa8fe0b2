// Scenario: an API that nobody made a key for starts as two processes, with a client of
// oidc-provider; the receiver comes later. It starts again, its key is revoked, and its file lost.
// Guarantee: both have one key and lose no record, the service notices nothing, and what is not
// taken any more is told; no token and no secret is in what they say.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Enrolment, foldersUnder, isRecordLeaf, openReader } from '@grantlog/ledger'
import { grantlog, type Running, start } from '../../packages/cli/test/command.ts'
import { jwk, runCalls } from '../../packages/sdk/test/fixtures/api-client.ts'
import { type Service, startService, withService } from '../../packages/sdk/test/fixtures/child.ts'
import {
  secretOf,
  startTokenServer,
  type TokenServer,
} from '../../packages/receiver/test/token-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-enrol-'))
const [data, own, config] = ['data', 'own/api.json', 'grantlog.yaml'].map((name) =>
  join(folder, name),
) as [string, string, string]
const audience = 'https://audit.example'
const running: Running[] = []
let issuer: TokenServer
let env: Record<string, string>
let port = '0'

beforeAll(async () => {
  issuer = await startTokenServer({ 'shop-api': 'audit:write audit:enrol' })
  const mapped = { client: 'shop-api', service: 'api', roles: ['resource_server'] }
  const issuers = [{ issuer: issuer.issuer, audience, enrol: [mapped] }]
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ version: 1, callers: { issuers } }))
  await (await startReceiver()).stop()
  const secret = join(folder, 'secret')
  writeFileSync(secret, secretOf('shop-api'), { mode: 0o600 })
  const told = await grantlog([
    ...['keys', 'log', '--data', data, '--json'],
    ...['--hash-keys', join(folder, 'hash-keys.json')],
  ])
  env = {
    ...{ FRAMEWORK: 'http', JWK: jwk, GRANTLOG_STATE: join(folder, 'state') },
    ...{ GRANTLOG_ENROL: '1', GRANTLOG_SERVICE: 'api', GRANTLOG_ROLES: 'resource_server' },
    ...(JSON.parse(told.stdout) as { env: Record<string, string> }).env,
    GRANTLOG_ENDPOINT: `http://127.0.0.1:${port}`,
    GRANTLOG_TOKEN_URL: issuer.tokenUrl,
    GRANTLOG_TOKEN_CLIENT_ID: 'shop-api',
    GRANTLOG_TOKEN_CLIENT_SECRET_FILE: secret,
    GRANTLOG_TOKEN_AUDIENCE: audience,
  }
})
afterAll(async () => {
  for (const one of running) one.kill('SIGKILL')
  await issuer[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function startReceiver(): Promise<{ receiver: Running; stop: () => Promise<void> }> {
  const ports = ['--port', port, '--admin-port', '0', '--grpc-port', 'off']
  const args = ['receiver', '--data', data, '--config', config, ...ports, '--json']
  const receiver = start(args)
  running.push(receiver)
  port = String((await receiver.event('READY')).otlpPort)
  const stop = async (): Promise<void> => {
    receiver.kill('SIGTERM')
    await receiver.ended
  }
  return { receiver, stop }
}

const service = () => ({ credentials: own, entry: 'resource-server-import.mjs', env })
const kept = () => JSON.parse(readFileSync(own, 'utf8')) as { kid: string; enrolment: unknown }
const list = join(data, 'keys', 'enrolled.json')
const enrolled = (): Enrolment[] =>
  existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as Enrolment[]) : []

/** Until it holds; about a minute at most. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 3_000) throw new Error('it never came')
    await wait(20)
  }
}

/** Numbers of each stream of the API, by instance. */
async function sealed(): Promise<number[][]> {
  const streams = new Map<string, number[]>()
  const reader = await openReader(foldersUnder(data))
  for await (const { entries } of reader.frames(0)) {
    for (const { leaf } of entries) {
      if (!isRecordLeaf(leaf)) continue
      streams.set(leaf.instance, [...(streams.get(leaf.instance) ?? []), leaf.seq])
    }
  }
  await reader.close()
  return [...streams.values()].map((numbers) => numbers.toSorted((a, b) => a - b))
}

const isWhole = (numbers: number[]): boolean => numbers.every((number, at) => number === at)

test('two processes have one key, wait for the receiver, and lose nothing', async () => {
  const two = await Promise.all([startService(service()), startService(service())])
  const said: string[] = []
  try {
    const answers = await Promise.all(two.map(({ issuer: url }: Service) => runCalls(url)))
    const statuses = answers.map(({ exchanges }) => exchanges.length)
    expect(new Set(statuses).size).toBe(1)
    expect(kept()).toMatchObject({ enrolment: null })
    expect(statSync(own).mode & 0o777).toBe(0o600)
    await startReceiver()
    await until(() => enrolled().length > 0 && kept().enrolment !== null)
    for (const one of two) said.push((await one.end()).stderr)
  } finally {
    for (const { child } of two) child.kill('SIGKILL')
  }
  const { kid } = kept()
  expect(enrolled()).toEqual([
    expect.objectContaining({ kid, services: ['api'], assurance: 'issuer-asserted' }),
  ])
  const streams = await sealed()
  expect(streams).toHaveLength(2)
  for (const numbers of streams)
    expect([numbers.length > 10, isWhole(numbers)]).toEqual([true, true])
  expect(said.join('\n')).toMatch(/ENROLLED: .*\n/)
  for (const text of said) {
    expect(text).not.toContain('secret of')
    expect(text).not.toMatch(/eyJ/)
  }
})

test('the next process has its key, and a revoked one is told', async () => {
  const before = readFileSync(own, 'utf8')
  const streams = (await sealed()).length
  const again = await withService(service(), async ({ issuer: url }) => {
    await runCalls(url)
    await until(async () => (await sealed()).length > streams)
  })
  expect(again.stderr).not.toContain('ENROL')
  expect(readFileSync(own, 'utf8')).toBe(before)
  expect(enrolled()).toHaveLength(1)

  const { kid } = kept()
  await grantlog(['keys', 'revoke', '--data', data, '--reason', 'key-compromise', '--', kid])
  await withService(service(), async ({ issuer: url, says }) => {
    await runCalls(url)
    await Promise.all([says(/POLICY_UNTOLD.*revoked/), says(/EXPORT_REFUSED.*revoked/i)])
  })

  rmSync(own)
  await withService(service(), async ({ issuer: url, says }) => {
    await runCalls(url)
    await says(/ENROL_REFUSED.*409.*revoked/)
  })
  expect(kept()).toMatchObject({ enrolment: null })
  expect(enrolled()).toHaveLength(1)
})
