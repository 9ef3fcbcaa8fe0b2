// Guarantee: one process detects for the main ledger and for each tenant, also for one that is made
// while it runs; what is found of a tenant is in its own log and queue, for its own channels.
import { EventEmitter, once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ListedFinding } from '@grantlog/detect'
import { ATTR } from '@grantlog/record'
import { grantlog, type Running, start, temporaryFolder } from './command.ts'
import { openStream } from './producer.ts'

const { folder, remove } = temporaryFolder()
const data = join(folder, 'data')
const title = 'Password given to a client'
const hooks: { readonly path: string; readonly title: string }[] = []
const hooked = new EventEmitter()
const server = createServer((request, response) => {
  void json(request).then((body) => {
    const { data: told } = body as { data: { rule: { title: string } } }
    hooks.push({ path: request.url!, title: told.rule.title })
    hooked.emit('hook')
    response.writeHead(204).end()
  })
})
let receiver: Running
let endpoint: string
let admin: string

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const alertsTo = (path: string) => {
    const url = `http://127.0.0.1:${port}/${path}`
    return { channels: [{ name: 'ops', type: 'webhook', url, secret: { env: 'HOOK' } }] }
  }
  const tenants = [{ name: 'acme', alerts: alertsTo('acme') }, { name: 'brand' }]
  const config = join(folder, 'grantlog.yaml')
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ version: 1, data, alerts: alertsTo('main'), tenants }))
  await grantlog(['tenants', 'new', 'acme', '--data', data])
  const env = { GRANTLOG_DETECT: 'on', HOOK: `whsec_${'A'.repeat(32)}` }
  const ports = ['--port', '0', '--admin-port', '0', '--grpc-port', 'off']
  receiver = start(['receiver', '--config', config, ...ports, '--json'], env)
  const { adminPort, otlpPort } = await receiver.event('READY')
  endpoint = `http://127.0.0.1:${String(otlpPort)}`
  admin = `http://127.0.0.1:${String(adminPort)}`
}, 240_000)
afterAll(async () => {
  receiver.kill('SIGKILL')
  await receiver.ended
  server.close()
  remove()
})

async function givePassword(tenant: string): Promise<void> {
  const out = join(folder, `${tenant}.json`)
  const place = ['--data', data, '--tenant', tenant, '--out', out, '--endpoint', endpoint]
  await grantlog(['keys', 'new', '--service', 'login', '--role', 'authorization_server', ...place])
  // Nobody is told of what is older than a day.
  await openStream(out, Date.now()).send([
    [[ATTR.AUDIT_ACTION, 'audit.stream.start']],
    [
      [ATTR.OAUTH_GRANT_TYPE, 'password'],
      [ATTR.OAUTH_CLIENT_ID, tenant],
    ],
  ])
}

async function findingsOf(...tenant: string[]): Promise<unknown[]> {
  const { stdout } = await grantlog(['findings', 'list', '--data', data, '--json', ...tenant])
  const { findings } = JSON.parse(stdout) as { findings: ListedFinding[] }
  return findings.map(({ group, rule }) => [rule.title, ...group.flat()])
}

async function told(holds: (line: string) => boolean): Promise<void> {
  while (!receiver.stdout().split('\n').some(holds)) await receiver.more()
}
const isFindingOf = (tenant: string) => (line: string) =>
  line.includes('"code":"FINDING"') && line.includes(`"tenant":"${tenant}"`)

test('what is found of a tenant is its own, and goes to its channels alone', async () => {
  await givePassword('acme')
  await told(isFindingOf('acme'))
  while (hooks.length === 0) await once(hooked, 'hook')
  expect(hooks).toEqual([{ path: '/acme', title }])
  expect(await findingsOf('--tenant', 'acme')).toEqual([[title, 'oauth.client.id', 'acme']])
  expect(await findingsOf()).toEqual([])
}, 240_000)

test('a tenant that is made meanwhile is looked at; without channels nobody is told', async () => {
  await grantlog(['tenants', 'new', 'brand', '--data', data])
  await told((line) => line.includes('"code":"DETECT_READY"') && line.includes('"brand"'))
  await givePassword('brand')
  await told(isFindingOf('brand'))
  expect(await findingsOf('--tenant', 'brand')).toEqual([[title, 'oauth.client.id', 'brand']])
  expect(await findingsOf('--tenant', 'acme')).toHaveLength(1)
  expect(await findingsOf()).toEqual([])
  expect(hooks).toHaveLength(1)
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  expect(metrics).toMatch(/^grantlog_detect_rules \d+$/m)
  expect(metrics).toContain('grantlog_detect_findings{grantlog_tenant="acme"} 1')
}, 240_000)
