// Scenario: something between an API and the receiver takes out a batch, and ten minutes pass; a
// producer says that it dropped records; the receiver is started again without its sink. The API is
// a real one with the SDK, the receiver a process with its detection; its clock is put ahead.
// Guarantee: each is a finding, sealed and told, and only once.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import { grantlog, type Running, start } from '../../packages/cli/test/command.ts'
import { openStream } from '../../packages/cli/test/producer.ts'
import { jwk, runCalls } from '../../packages/sdk/test/fixtures/api-client.ts'
import { withService } from '../../packages/sdk/test/fixtures/child.ts'
import { startBackend, startProxy, type Tap } from './tap.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-facts-'))
const [data, later] = [join(folder, 'data'), join(folder, 'later')]
const jws = /eyJ[\w-]+\.[\w-]+\.[\w-]{86}/g
const blocked = new Set<string>()
let isBlocking = false
let receiver: Running
let otlp: string
let sink: Tap
let between: Tap

/** Takes out what is signed while it blocks, also when it comes again. */
function isTaken({ headers }: IncomingMessage, sent: Buffer): boolean {
  const isPacked = headers['content-encoding'] === 'gzip'
  const signed = (isPacked ? gunzipSync(sent) : sent).toString('latin1').match(jws) ?? []
  if (isBlocking) for (const one of signed) blocked.add(one)
  return signed.some((one) => blocked.has(one))
}

beforeAll(async () => {
  sink = await startBackend()
  between = await startProxy(() => otlp, isTaken)
  await startReceiver(['--forward', sink.url])
})
afterAll(async () => {
  receiver.kill('SIGKILL')
  await receiver.ended
  await between.close()
  await sink.close()
  rmSync(folder, { recursive: true, force: true })
})

async function startReceiver(more: readonly string[]): Promise<void> {
  const ports = ['--port', '0', '--admin-port', '0', '--grpc-port', 'off', '--json']
  const clock = pathToFileURL(join(import.meta.dirname, 'later.mjs')).href
  const ahead = { NODE_OPTIONS: `--import ${clock}`, LATER_FILE: later, LATER_MS: '660000' }
  const env = { GRANTLOG_DETECT: 'on', ...ahead }
  receiver = start(['receiver', '--data', data, ...ports, ...more], env)
  otlp = `http://127.0.0.1:${String((await receiver.event('READY')).otlpPort)}`
  await receiver.event('DETECT_READY')
}

/** The service's credentials, which lead it to what is between. */
async function credentialsOf(service: string, role: string): Promise<string> {
  const out = join(folder, `${service}.json`)
  const place = ['--data', data, '--out', out, '--endpoint', between.url]
  await grantlog(['keys', 'new', '--service', service, '--role', role, ...place])
  return out
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1_000) throw new Error('it never came')
    await wait(20)
  }
}

const told = (title: string): string[] =>
  receiver
    .stdout()
    .split('\n')
    .filter((line) => line.includes('"code":"FINDING"') && line.includes(`"${title}"`))

test('numbers of a real service that never come are a finding', async () => {
  const title = 'Records of a stream never came'
  const env = { FRAMEWORK: 'http', JWK: jwk }
  const credentials = await credentialsOf('api', 'resource_server')
  const service = { credentials, entry: 'resource-server-import.mjs', env }
  await withService(service, async ({ issuer: url }) => {
    await runCalls(url)
    isBlocking = true
    await runCalls(url)
    await until(() => blocked.size > 0)
    isBlocking = false
    await runCalls(url)
    await wait(500)
    expect(told(title)).toEqual([])
    writeFileSync(later, '')
    await runCalls(url)
    await until(() => told(title).length > 0)
  })
  expect(told(title)).toHaveLength(1)
})

test('that a producer dropped records is a finding', async () => {
  const stream = openStream(await credentialsOf('login', 'authorization_server'), Date.now())
  await stream.send([
    [[ATTR.AUDIT_ACTION, 'audit.stream.start']],
    [
      [ATTR.AUDIT_ACTION, 'audit.stream.heartbeat'],
      [ATTR.AUDIT_STREAM_DROPPED, 3n],
    ],
  ])
  await until(() => told('A producer dropped records').length > 0)
})

test('that a sink is configured no more is a finding, once', async () => {
  receiver.kill('SIGTERM')
  await receiver.ended
  await startReceiver([])
  await until(() => told('A sink was switched off').length > 0)
  receiver.kill('SIGTERM')
  await receiver.ended
  await startReceiver([])
  const { stdout } = await grantlog(['findings', 'list', '--data', data, '--json'])
  const { findings } = JSON.parse(stdout) as { findings: { rule: { title: string } }[] }
  const titles = findings.map(({ rule }) => rule.title).filter((one) => one.includes('sink'))
  expect(titles).toEqual(['A sink was switched off'])
})
