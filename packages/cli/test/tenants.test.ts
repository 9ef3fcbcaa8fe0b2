// Guarantee: a tenant is made by `tenants new` alone; one receiver serves all that are there, and
// those that come while it runs, each with its own ledger, keys and origin; every command has
// --tenant.
import { afterEach, expect, test } from '@jest/globals'
import { cpSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorIn, grantlog, type Running, start, temporaryFolder } from './command.ts'
import { openStream } from './producer.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function newData(): string {
  const { folder, remove } = temporaryFolder()
  cleanUps.push(remove)
  return join(folder, 'data')
}

function startReceiver(data: string, ...flags: string[]): Running {
  const all = ['receiver', '--json', '--data', data, '--port', '0', '--admin-port', '0', ...flags]
  const receiver = start(all)
  cleanUps.push(() => {
    receiver.kill('SIGKILL')
    return receiver.ended
  })
  return receiver
}

async function json(args: readonly string[]): Promise<Record<string, unknown>> {
  const { stderr, stdout } = await grantlog([...args, '--json'])
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

interface Sender {
  /** Sends so many records; false when they were refused. */
  send(records: number): Promise<boolean>
}

/** With a new key of the tenant's. */
async function senderOf(data: string, otlpPort: number, ...tenant: string[]): Promise<Sender> {
  const asked = ['keys', 'new', '--service', 'login', '--role', 'authorization-server']
  const endpoint = ['--endpoint', `http://127.0.0.1:${otlpPort}`]
  const made = await json([...asked, ...endpoint, '--data', data, ...tenant])
  const { send } = openStream(String(made.credentials))
  return {
    send: (records) =>
      send(Array.from({ length: records }, () => [])).then(
        () => true,
        () => false,
      ),
  }
}

test('a tenant has to be made: no other command makes one', async () => {
  const data = newData()
  const unknown = await grantlog(['keys', 'list', '--data', data, '--tenant', 'acme', '--json'])
  expect(errorIn(unknown)).toMatchObject({ code: 'TENANT_UNKNOWN' })
  expect(existsSync(join(data, 'tenants'))).toBe(false)
  const made = await json([
    'tenants',
    'new',
    'acme',
    '--data',
    data,
    '--origin',
    'example.com/acme',
  ])
  expect(made).toMatchObject({ name: 'acme', origin: 'example.com/acme' })
  const again = await grantlog(['tenants', 'new', 'acme', '--data', data, '--json'])
  expect(errorIn(again)).toMatchObject({ code: 'TENANT_EXISTS' })
  const bad = await grantlog(['tenants', 'new', '../acme', '--data', data, '--json'])
  expect(errorIn(bad)).toMatchObject({ code: 'USAGE' })
  expect(await json(['tenants', 'list', '--data', data, '--admin-port', '1'])).toEqual({
    tenants: [
      {
        name: 'acme',
        origin: 'example.com/acme',
        state: 'no answer',
        entries: 0,
        diskBytes: expect.any(Number),
      },
    ],
  })
})

test('one receiver serves all tenants, and new ones without a restart', async () => {
  const data = newData()
  await json(['tenants', 'new', 'one', '--data', data, '--origin', 'example.com/one'])
  const receiver = startReceiver(data, '--origin', 'example.com/main')
  const { adminPort, otlpPort } = (await receiver.event('READY')) as Record<string, number>
  const one = await senderOf(data, otlpPort!, '--tenant', 'one')
  expect(await one.send(2)).toBe(true)
  await json(['tenants', 'new', 'two', '--data', data, '--origin', 'example.com/two'])
  const two = await senderOf(data, otlpPort!, '--tenant', 'two')
  // The next look finds it; until then its key is unknown, and its sender comes again.
  while (!(await two.send(1)));
  const main = await senderOf(data, otlpPort!)
  expect(await main.send(1)).toBe(true)

  const admin = ['--admin-port', String(adminPort)]
  const { tenants } = await json(['tenants', 'list', '--data', data, ...admin])
  const served = (name: string): object => ({
    name,
    origin: `example.com/${name}`,
    state: 'served',
  })
  expect(tenants).toMatchObject([served('one'), served('two')])
  const all = (await json(['doctor', '--data', data, ...admin])) as { checks: object[] }
  const ok = (name: string): object =>
    expect.objectContaining({ code: 'TENANT', status: 'ok', what: expect.stringContaining(name) })
  expect(all.checks).toEqual(expect.arrayContaining([ok('one'), ok('two')]))
  const of = (await json(['doctor', '--data', data, '--tenant', 'one', ...admin])) as typeof all
  const receiverOf = { code: 'RECEIVER', what: expect.stringContaining('2 committed') }
  expect(of.checks).toContainEqual(expect.objectContaining(receiverOf))

  const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
  for (const whose of ['', '{grantlog_tenant="one"}', '{grantlog_tenant="two"}']) {
    // Each has a journal, and so syncs, of its own.
    expect(metrics).toContain(`grantlog_receiver_journal_sync_duration_seconds_count${whose} `)
    const records = whose.includes('one') ? 2 : 1
    expect(metrics).toContain(`grantlog_receiver_spans_committed_total${whose} ${records}\n`)
  }

  receiver.kill('SIGTERM')
  expect(await receiver.ended).toMatchObject({ code: 0 })
  for (const [tenant, records] of [
    [['--tenant', 'one'], 2],
    [['--tenant', 'two'], 1],
    [[], 1],
  ] as const) {
    const verified = await grantlog(['verify', '--data', data, ...tenant, '--json'])
    expect(verified.code).toBe(3)
    expect(JSON.parse(verified.stdout)).toMatchObject({ records })
  }
})

test('a tenant that cannot be served is told, and the others are served', async () => {
  const data = newData()
  for (const name of ['bad', 'good']) await json(['tenants', 'new', name, '--data', data])
  writeFileSync(join(data, 'tenants', 'bad', 'keys', 'enrolled.json'), '{}')
  const receiver = startReceiver(data)
  const told = await receiver.event('TENANT_NOT_SERVED')
  expect(told).toMatchObject({ tenant: 'bad', detail: expect.stringContaining('enrolled.json') })
  const { otlpPort } = (await receiver.event('READY')) as Record<string, number>
  const good = await senderOf(data, otlpPort!, '--tenant', 'good')
  expect(await good.send(1)).toBe(true)
})

test('of a tenant and its copy none is served, whatever they are called', async () => {
  const data = newData()
  for (const name of ['acme', 'other']) await json(['tenants', 'new', name, '--data', data])
  // It sorts in front of what it is a copy of.
  cpSync(join(data, 'tenants', 'acme'), join(data, 'tenants', 'aaa'), { recursive: true })
  const receiver = startReceiver(data)
  const told = await receiver.event('TENANT_NOT_SERVED')
  expect(told).toMatchObject({ cause: 'TENANT_TWICE', tenant: 'aaa' })
  expect(told.detail).toContain('aaa and acme')
  await receiver.event('READY')
  await receiver.event('TENANT_STARTED')
  const events = receiver.stdout().split('\n').filter(Boolean)
  const started = events.map((line) => JSON.parse(line) as Record<string, unknown>)
  const names = started.filter(({ code }) => code === 'TENANT_STARTED').map(({ tenant }) => tenant)
  expect(names).toEqual(['other'])
})

test('grantlog.yaml gives tenants their limits', async () => {
  const data = newData()
  await json(['tenants', 'new', 'acme', '--data', data])
  const file = join(data, 'grantlog.yaml')
  const limits = 'limits: { requestsPerSecond: 1, diskBytes: 1 }'
  const entries = [`{ name: acme, ${limits} }`, '{ name: gone }']
  writeFileSync(file, `version: 1\ntenants: [${entries.join(', ')}]\n`)
  const receiver = startReceiver(data, '--config', file)
  expect(await receiver.event('TENANT_NOT_SERVED')).toMatchObject({ tenant: 'gone' })
  const { adminPort, otlpPort } = (await receiver.event('READY')) as Record<string, number>
  const stream = await senderOf(data, otlpPort!, '--tenant', 'acme')
  expect(await stream.send(1)).toBe(false)
  const admin = ['--admin-port', String(adminPort)]
  const { tenants } = await json(['tenants', 'list', '--data', data, ...admin])
  expect(tenants).toMatchObject([{ name: 'acme', state: 'full' }])
})
