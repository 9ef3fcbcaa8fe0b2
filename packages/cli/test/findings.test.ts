// Guarantee: what a rule finds in a record is sealed by the receiver while it runs, told in its
// log and to a channel, and listed; what people decide of it is sealed, too, with and without a
// receiver.
import { EventEmitter, once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ListedFinding } from '@grantlog/detect'
import { ATTR } from '@grantlog/record'
import { errorIn, grantlog, type Running, start, temporaryFolder } from './command.ts'
import { openStream } from './producer.ts'

const { folder, remove } = temporaryFolder()
const data = join(folder, 'data')
const config = join(folder, 'grantlog.yaml')
const hooks: { readonly type: string; readonly data: { readonly id: string } }[] = []
const hooked = new EventEmitter()
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => (body += String(chunk)))
  request.on('end', () => {
    hooks.push(JSON.parse(body) as (typeof hooks)[number])
    hooked.emit('hook')
    response.writeHead(204).end()
  })
})
/** A server of syslog, and what it read. */
const siem = createTcpServer((socket) => {
  let text = ''
  socket.on('data', (chunk) => (text += String(chunk)))
  socket.on('end', () => {
    messages.push(text)
    hooked.emit('hook')
  })
})
const messages: string[] = []
let receiver: Running
let admin: string

const rule = `
title: A client that nobody may use
id: 3f1f2a55-7a4c-4cc1-9d4e-0123456789ab
logsource: { product: grantlog, service: audit }
detection:
  selection:
    oauth.client.id: forbidden
  condition: selection
fields: [oauth.client.id]
tags: [attack.t1528]
level: high
`

beforeAll(async () => {
  for (const one of [server, siem]) await once(one.listen(0, '127.0.0.1'), 'listening')
  mkdirSync(join(folder, 'rules'))
  writeFileSync(join(folder, 'rules', 'forbidden.yml'), rule)
  const [port, siemPort] = [server, siem].map((one) => (one.address() as AddressInfo).port)
  writeFileSync(
    config,
    `version: 1
data: ${data}
detect:
  rules: rules
alerts:
  consoleUrl: http://127.0.0.1:4319
  channels:
    - { name: ops, type: webhook, url: "http://127.0.0.1:${port}/", secret: { env: HOOK } }
    - { name: siem, type: syslog, url: "tcp://127.0.0.1:${siemPort}", hostname: log.example }
`,
  )
  const env = { GRANTLOG_DETECT: 'on', HOOK: `whsec_${'A'.repeat(32)}` }
  const ports = ['--port', '0', '--admin-port', '0', '--grpc-port', 'off']
  receiver = start(['receiver', '--config', config, ...ports, '--json'], env)
  const { adminPort, otlpPort } = await receiver.event('READY')
  admin = `http://127.0.0.1:${String(adminPort)}`
  const file = join(folder, 'credentials.json')
  const endpoint = `http://127.0.0.1:${String(otlpPort)}`
  const place = ['--data', data, '--out', file, '--endpoint', endpoint]
  const roles = ['--role', 'authorization_server', '--role', 'resource_server']
  await grantlog(['keys', 'new', '--service', 'login', ...roles, ...place])
  await receiver.event('DETECT_READY')
  // Nobody is told of what is older than a day.
  await openStream(file, Date.now()).send([
    [[ATTR.AUDIT_ACTION, 'audit.stream.start']],
    [[ATTR.OAUTH_CLIENT_ID, 'web']],
    [[ATTR.OAUTH_CLIENT_ID, 'forbidden']],
  ])
}, 240_000)
afterAll(async () => {
  receiver.kill('SIGKILL')
  await receiver.ended
  server.close()
  siem.close()
  remove()
})

async function list(...flags: string[]): Promise<ListedFinding[]> {
  const { stdout } = await grantlog(['findings', 'list', '--data', data, '--json', ...flags])
  return (JSON.parse(stdout) as { findings: ListedFinding[] }).findings.filter(
    (one) => one.rule.title === 'A client that nobody may use',
  )
}
async function untilHooked(type: string): Promise<(typeof hooks)[number]> {
  for (;;) {
    const found = hooks.find((one) => one.type === type)
    if (found !== undefined) return found
    await once(hooked, 'hook')
  }
}

test('a finding is sealed, told in the log and to the channel, listed and shown', async () => {
  const hook = await untilHooked('finding.found')
  const told = await receiver.event('FINDING')
  const [finding] = await list()
  expect(finding).toMatchObject({
    ...{ status: 'open', times: 1, group: [['oauth.client.id', 'forbidden']], silence: null },
    records: [{ index: 4 }],
    rule: { level: 'high', attack: ['T1528'] },
  })
  expect(hook.data.id).toBe(finding!.id)
  expect(told).toMatchObject({ level: 'error', severity: 'high', finding: finding!.id })
  const { stdout } = await grantlog(['findings', 'show', finding!.id.slice(0, 13), '--data', data])
  expect(stdout).toContain('A client that nobody may use (high)')
  expect(stdout).toContain('grantlog prove 4')
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  expect(metrics).toMatch(/^grantlog_detect_up 1$/m)
}, 240_000)

test('a server of syslog is told, too', async () => {
  const { data: told } = await untilHooked('finding.found')
  const isTold = (): string | undefined => messages.find((text) => text.includes(told.id))
  while (isTold() === undefined) await once(hooked, 'hook')
  expect(isTold()).toMatch(
    /^\d+ <83>1 \S+Z log\.example grantlog - 3f1f2a557a4c4cc19d4e0123456789ab /,
  )
  expect(isTold()).toContain('[about@32473 oauth.client.id="forbidden"]')
}, 240_000)

test('what somebody decides is sealed by the receiver, and told', async () => {
  const [finding] = await list()
  const by = ['--person', 'an operator', '--note', 'Looked at.', '--data', data, '--json']
  const acked = await grantlog(['findings', 'ack', finding!.id, ...by])
  expect(JSON.parse(acked.stdout)).toMatchObject({ status: 'acknowledged', state: 'handed over' })
  await untilHooked('finding.status')
  expect(await list()).toMatchObject([
    { status: 'acknowledged', changes: [{ person: 'an operator', note: 'Looked at.' }] },
  ])
}, 240_000)

test('without a receiver a decision and a silence are sealed at once', async () => {
  receiver.kill('SIGTERM')
  await receiver.ended
  const [finding] = await list()
  const by = ['--person', 'an operator', '--data', data]
  const rule = ['--rule', finding!.rule.id]
  const silenced = await grantlog(['findings', 'silence', ...rule, ...by, '--json'])
  expect(JSON.parse(silenced.stdout)).toMatchObject({ state: 'sealed' })
  expect(await list()).toEqual([])
  expect(await list('--silenced')).toMatchObject([{ silence: { person: 'an operator' } }])
  await grantlog(['findings', 'close', finding!.id, '--false-positive', ...by])
  expect(await list('--silenced')).toEqual([])
  expect(await list('--silenced', '--status', 'false_positive')).toHaveLength(1)
  const verified = await grantlog(['verify', '--data', data, '--json'])
  // Consistent with itself: there is no checkpoint from elsewhere.
  expect(verified.code).toBe(3)
}, 240_000)

test('what is not there, or would silence all, is said', async () => {
  const place = ['--data', data, '--json']
  const unknown = await grantlog(['findings', 'show', 'no-such', ...place])
  expect(errorIn(unknown).code).toBe('FINDING_UNKNOWN')
  const all = await grantlog(['findings', 'silence', ...place])
  expect(errorIn(all).code).toBe('USAGE')
}, 240_000)
