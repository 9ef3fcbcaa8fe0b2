// Scenario: a producer sends to an edge, which sends to a core: three processes, two ledgers, and a
// grantlog.yaml. Guarantee: what the edge sealed is at the core as it was signed, whoever is killed
// on the way and whatever is done to the edge's disk later; both ledgers verify.
import { afterEach, expect, test } from '@jest/globals'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ATTR } from '@grantlog/record'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import { errorIn, grantlog, type Running, start, temporaryFolder } from './command.ts'
import { openStream } from './producer.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

interface Place {
  readonly data: string
  readonly running: Running
  readonly ready: Readonly<Record<string, unknown>>
}

async function started(data: string, ...flags: readonly string[]): Promise<Place> {
  const place = ['--data', data, '--port', '0', '--admin-port', '0', '--json']
  const running = start(['receiver', ...place, ...flags])
  cleanUps.push(() => (running.kill('SIGKILL'), running.ended))
  return { data, running, ready: await running.event('READY') }
}

async function ended({ running }: Place, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  running.kill(signal)
  await running.ended
}

interface World {
  readonly folder: string
  readonly core: Place
  readonly edgeData: string
  readonly receiptKey: string
  readonly configFor: (core: Place) => string
}

/** A core, and an edge that is told of it in a file; the producer is enrolled at the edge only. */
async function newWorld(): Promise<World> {
  const { folder, remove } = temporaryFolder()
  cleanUps.push(remove)
  const core = await started(join(folder, 'core'), '--origin', 'core.example.com/log')
  const receiptKey = readFileSync(join(core.data, 'keys', 'receipt.vkey'), 'utf8').trim()
  const configFor = ({ ready }: Place): string => {
    const file = join(folder, 'grantlog.yaml')
    const sink = { name: 'core', type: 'grantlog', receiptKey }
    const url = `http://127.0.0.1:${String(ready.otlpPort)}`
    writeFileSync(file, JSON.stringify({ version: 1, sinks: [{ ...sink, url }] }))
    return file
  }
  return { folder, core, edgeData: join(folder, 'edge'), receiptKey, configFor }
}

async function enrolled(folder: string, edge: Place): Promise<string> {
  const file = join(folder, 'credentials.json')
  const endpoint = `http://127.0.0.1:${String(edge.ready.otlpPort)}`
  const place = ['--data', edge.data, '--out', file, '--endpoint', endpoint]
  await grantlog(['keys', 'new', '--service', 'login', '--role', 'authorization_server', ...place])
  return file
}

async function shipKeys(folder: string, from: string, to: string): Promise<void> {
  const file = join(folder, 'keys.json')
  const { stdout } = await grantlog(['keys', 'export', '--data', from])
  writeFileSync(file, stdout)
  const imported = await grantlog(['keys', 'import', file, '--data', to, '--json'])
  expect(imported.code).toBe(0)
}

const startRecord = [[ATTR.AUDIT_ACTION, 'audit.stream.start']] as const
const plainRecords = Array.from({ length: 5 }, () => [[ATTR.OAUTH_CLIENT_ID, 'web']] as const)

async function untilSent({ ready }: Place): Promise<void> {
  for (;;) {
    const url = `http://127.0.0.1:${String(ready.adminPort)}/readyz`
    const status = (await (await fetch(url)).json()) as {
      sinks: { lag: { commits: number } }[]
    }
    if (status.sinks[0]?.lag.commits === 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function verified(data: string): Promise<{ records: number; gaps: number }> {
  const { code, stdout } = await grantlog(['verify', '--data', data, '--json'])
  expect(code).toBe(3)
  return JSON.parse(stdout) as { records: number; gaps: number }
}

const receiptsArgs = ({ edgeData, receiptKey }: World): string[] => [
  ...['receipts', '--data', edgeData, '--sink', 'core', '--receipt-key', receiptKey, '--json'],
]

test('records go through an edge to a core, over kills of either', async () => {
  const world = await newWorld()
  const { edgeData, folder } = world
  let edge = await started(edgeData, '--config', world.configFor(world.core))
  const file = await enrolled(folder, edge)
  await shipKeys(folder, edgeData, world.core.data)
  const credentials = JSON.parse(readFileSync(file, 'utf8')) as object
  const stream = openStream(file)
  await stream.send([startRecord, ...plainRecords])
  // The core dies first, while the edge goes on taking.
  await ended(world.core, 'SIGKILL')
  await stream.send(plainRecords)
  const core = await started(world.core.data)
  // Then the edge, with what it may not have sent.
  await ended(edge, 'SIGKILL')
  edge = await started(edgeData, '--config', world.configFor(core))
  const endpoint = `http://127.0.0.1:${String(edge.ready.otlpPort)}`
  writeFileSync(file, JSON.stringify({ ...credentials, endpoint }))
  const next = openStream(file)
  await next.send([startRecord, ...plainRecords])
  await untilSent(edge)
  await ended(edge)
  await ended(core)
  const [here, there] = [await verified(edgeData), await verified(core.data)]
  expect(here).toMatchObject({ records: 15, gaps: 0 })
  expect(there).toMatchObject({ records: 15, gaps: 0 })
  const all = await grantlog(receiptsArgs(world))
  expect(all.code).toBe(0)
  expect(JSON.parse(all.stdout)).toMatchObject({ records: 17, receipted: 17, foreign: 0 })
  const one = await grantlog([...receiptsArgs(world), '--index', '2'])
  expect(JSON.parse(one.stdout)).toMatchObject({ index: 2, origin: 'core.example.com/log' })
}, 300_000)

test('what is changed on the disk of the edge is still at the core', async () => {
  const world = await newWorld()
  const { core, edgeData, folder } = world
  const edge = await started(edgeData, '--config', world.configFor(core))
  const file = await enrolled(folder, edge)
  await shipKeys(folder, edgeData, core.data)
  await openStream(file).send([startRecord, ...plainRecords])
  await untilSent(edge)
  await ended(edge)
  await ended(core)
  const entries = join(edgeData, 'ledger', 'tile', 'entries')
  const tiles = readdirSync(entries, { recursive: true, withFileTypes: true })
  for (const tile of tiles.filter((one) => one.isFile())) {
    const path = join(tile.parentPath, tile.name)
    const bytes = readFileSync(path)
    bytes[bytes.length - 30]! ^= 1
    writeFileSync(path, bytes)
  }
  expect((await grantlog(['verify', '--data', edgeData])).code).toBe(1)
  expect(await verified(core.data)).toMatchObject({ records: 5, gaps: 0 })
}, 200_000)

test('receipts tells log records, and what the core has refused by its signature', async () => {
  const world = await newWorld()
  const { core, edgeData, folder } = world
  const edge = await started(edgeData, '--config', world.configFor(core))
  const file = await enrolled(folder, edge)
  await shipKeys(folder, edgeData, core.data)
  await openStream(file).send([startRecord, ...plainRecords])
  const sendLog = async ({ ready }: Place, body: string): Promise<void> => {
    const url = `http://127.0.0.1:${String(ready.otlpPort)}/v1/logs`
    const headers = { 'content-type': 'application/x-protobuf' }
    const sent = Buffer.from(encodeLogs([{ ...deletion, body }]))
    expect((await fetch(url, { method: 'POST', headers, body: sent })).status).toBe(200)
  }
  // The core has it otherwise: a conflict, which is waited for beside nothing that it takes.
  await sendLog(core, 'alice deleted invoice 18')
  await sendLog(edge, 'alice deleted invoice 17')
  await openStream(file).send([startRecord, ...plainRecords])
  await untilSent(edge)
  const all = await grantlog(receiptsArgs(world))
  expect(all.code).toBe(1)
  const report = JSON.parse(all.stdout) as { firstRefused: { index: number }[] }
  const refused = { code: 'CONFLICT', origin: 'core.example.com/log' }
  expect(report).toMatchObject({ records: 13, receipted: 12, refused: 1, missing: 0, foreign: 0 })
  expect(report.firstRefused).toEqual([expect.objectContaining(refused)])
  const index = String(report.firstRefused[0]!.index)
  const one = await grantlog([...receiptsArgs(world), '--index', index])
  expect([one.code, JSON.parse(one.stdout)]).toMatchObject([1, refused])
  const text = await grantlog([...receiptsArgs(world).slice(0, -1), '--index', index])
  expect(text.stdout).toMatch(/^record \d+: refused by core\.example\.com\/log, 2.*: CONFLICT\n$/)
  await ended(edge)
  await ended(core)
}, 200_000)

test('receipts and doctor tell what a core that was restored has no more', async () => {
  const world = await newWorld()
  const { core, edgeData, folder } = world
  const backup = join(folder, 'backup')
  let edge = await started(edgeData, '--config', world.configFor(core))
  const file = await enrolled(folder, edge)
  await shipKeys(folder, edgeData, core.data)
  const credentials = JSON.parse(readFileSync(file, 'utf8')) as object
  const sendBy = async ({ ready }: Place): Promise<void> => {
    const endpoint = `http://127.0.0.1:${String(ready.otlpPort)}`
    writeFileSync(file, JSON.stringify({ ...credentials, endpoint }))
    await openStream(file).send([startRecord, ...plainRecords])
  }
  const next = async (data: string, before: Place): Promise<Place> => {
    await untilSent(edge)
    await ended(edge)
    await ended(before)
    if (before === core) cpSync(data, backup, { recursive: true })
    const after = await started(before === core ? data : backup)
    edge = await started(edgeData, '--config', world.configFor(after))
    await sendBy(edge)
    return after
  }
  await sendBy(edge)
  const grown = await next(core.data, core)
  const restored = await next(core.data, grown)
  await untilSent(edge)
  const cut = await grantlog(receiptsArgs(world))
  expect(cut.code).toBe(1)
  expect(JSON.parse(cut.stdout)).toMatchObject({ records: 18, receipted: 12, lost: 6, missing: 0 })
  const text = await grantlog(receiptsArgs(world).slice(0, -1))
  expect(text.stdout).toContain('6 are lost there')
  const admin = ['--admin-port', String(edge.ready.adminPort)]
  const { stdout } = await grantlog(['doctor', '--data', edgeData, ...admin, '--json'])
  expect(stdout).toContain('6 signed for by the core and there no more')
  await ended(edge)
  rmSync(join(edgeData, 'queue', 'core.offset'))
  edge = await started(edgeData, '--config', world.configFor(restored))
  await untilSent(edge)
  const whole = await grantlog(receiptsArgs(world))
  expect([whole.code, JSON.parse(whole.stdout)]).toMatchObject([
    0,
    { records: 18, receipted: 18, lost: 0, missing: 0 },
  ])
}, 200_000)

test('keys import changes nothing that is enrolled, unless it is told to', async () => {
  const { core, edgeData, folder } = await newWorld()
  const edge = await started(edgeData)
  await enrolled(folder, edge)
  await shipKeys(folder, edgeData, core.data)
  const file = join(folder, 'keys.json')
  const shipped = readFileSync(file, 'utf8')
  const again = await grantlog(['keys', 'import', file, '--data', core.data, '--json'])
  expect(JSON.parse(again.stdout)).toMatchObject({ added: [], replaced: [] })
  writeFileSync(file, shipped.replaceAll('"authorization_server"', '"resource_server"'))
  const other = await grantlog(['keys', 'import', file, '--data', core.data, '--json'])
  expect(errorIn(other).code).toBe('ENROLMENT_DIFFERS')
  writeFileSync(file, shipped.slice(0, -3))
  const torn = await grantlog(['keys', 'import', file, '--data', core.data, '--json'])
  expect(errorIn(torn).code).toBe('ENROLMENTS_UNREADABLE')
  const listed = await grantlog(['keys', 'list', '--data', core.data, '--json'])
  expect(JSON.parse(listed.stdout)).toMatchObject({ keys: [{ roles: ['authorization_server'] }] })
}, 200_000)
