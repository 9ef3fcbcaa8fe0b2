// Guarantee: the first start says what to keep, a taken port is named with its owner, and a stop
// signal drains: what was acknowledged is published when the process is gone.
import { afterEach, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
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
  const all = ['receiver', '--data', data, '--port', '0', '--admin-port', '0', ...flags]
  const receiver = start(all)
  cleanUps.push(() => {
    receiver.kill('SIGKILL')
    return receiver.ended
  })
  return receiver
}

test('the first start prints what to keep elsewhere; the second one does not', async () => {
  const data = newData()
  const first = startReceiver(data, '--origin', 'example.com/log')
  await untilReady(first)
  first.kill('SIGTERM')
  const { code, stderr, stdout } = await first.ended
  expect(code).toBe(0)
  expect(stderr).toContain('A new ledger example.com/log')
  expect(stderr).toContain(readFileSync(join(data, 'keys', 'log.vkey'), 'utf8').trim())
  expect(stderr).toContain('keep this line outside this machine')
  expect(stderr).toContain('root.key is a file')
  expect(stdout).toMatch(/info {2}READY .*otlpPort=\d+/)
  expect(stdout + stderr).not.toContain('\u001b')

  const second = startReceiver(data, '--json')
  await second.event('READY')
  second.kill('SIGINT')
  expect(await second.ended).toMatchObject({ code: 0, stderr: '' })
})

/** Without --json the lines are for people. */
async function untilReady(receiver: Running): Promise<void> {
  for (;;) {
    if (receiver.stdout().includes(' READY ')) return
    await receiver.more()
  }
}

test('what was acknowledged before the stop signal is published after it', async () => {
  const data = newData()
  const receiver = startReceiver(data, '--json')
  const { otlpPort } = await receiver.event('READY')
  const out = join(data, 'credentials.json')
  const endpoint = `http://127.0.0.1:${String(otlpPort)}`
  const flags = ['--service', 'api', '--role', 'authorization_server', '--endpoint', endpoint]
  expect((await grantlog(['keys', 'new', ...flags, '--data', data, '--out', out])).code).toBe(0)
  await openStream(out).send([[], [], []])
  receiver.kill('SIGTERM')
  expect((await receiver.ended).code).toBe(0)
  const { stdout } = await grantlog(['verify', '--data', data, '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ records: 3, verified: 3, pending: 0, findings: [] })
})

test.each(['--port', '--admin-port', '--grpc-port'])(
  'a taken %s is named, with the process that has it',
  async (taken) => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    cleanUps.push(() => new Promise((resolve) => server.close(resolve)))
    const { port } = server.address() as AddressInfo
    const data = newData()
    const free = ['--port', '0', '--admin-port', '0', '--grpc-port', 'off']
    const flags = ['--data', data, ...free, taken, String(port), '--json']
    const result = await grantlog(['receiver', ...flags])
    expect(result.code).toBe(1)
    const { code, fix, title } = errorIn(result)
    expect({ code, title }).toEqual({
      code: 'PORT_TAKEN',
      title: `the port ${port} (${taken}) is taken`,
    })
    expect(fix).toContain(`choose another port with ${taken}.`)
    if (process.platform === 'linux') {
      expect(fix).toContain(`(pid ${process.pid})`)
      expect(fix).toContain('node')
      expect(fix).not.toContain('MainThread')
    }
    // The ledger is announced once, so a start that fails must not have made it.
    expect(existsSync(data)).toBe(false)
  },
)

test('one port for two is wrong usage, and creates nothing', async () => {
  const data = newData()
  for (const other of ['--admin-port', '--grpc-port']) {
    const flags = ['--data', data, '--port', '4999', other, '4999', '--json']
    const result = await grantlog(['receiver', ...flags])
    expect([result.code, errorIn(result).code, existsSync(data)]).toEqual([2, 'USAGE', false])
  }
})

test('it listens for gRPC, unless that is off', async () => {
  const { grpcPort, otlpPort } = await startReceiver(newData(), '--json').event('READY')
  expect(grpcPort).toEqual(expect.any(Number))
  expect(grpcPort).not.toBe(otlpPort)
  const off = await startReceiver(newData(), '--grpc-port', 'off', '--json').event('READY')
  expect(off.grpcPort).toBe('off')
})

test('two receivers never share a data folder', async () => {
  const data = newData()
  await startReceiver(data, '--json').event('READY')
  const second = await startReceiver(data, '--json').ended
  expect([second.code, errorIn(second).code]).toEqual([1, 'LEDGER_LOCKED'])
})

test('a sink that is no URL is refused before anything is created', async () => {
  const data = newData()
  const result = await startReceiver(data, '--forward', 'ftp://127.0.0.1', '--json').ended
  expect([result.code, errorIn(result).code]).toEqual([1, 'FORWARD_INVALID'])
  expect((await grantlog(['verify', '--data', data])).code).toBe(4)
})

test('the password of a sink is never printed', async () => {
  const data = newData()
  const result = await startReceiver(data, '--forward', 'http://u:SECRET@h/', '--debug').ended
  expect(result.code).toBe(1)
  expect(result.stderr).toContain('http://***@h/: credentials in URLs are refused')
  expect(result.stderr).toContain('GRANTLOG_FORWARD_HEADERS')
  expect(result.stdout + result.stderr).not.toContain('SECRET')
})

test.each([
  ['--forward', 'GRANTLOG_FORWARD_HEADERS'],
  ['--opensearch', 'GRANTLOG_OPENSEARCH_HEADERS'],
  ['--elasticsearch', 'GRANTLOG_ELASTICSEARCH_HEADERS'],
])('the sink of %s gets the headers of %s, and they are not printed', async (flag, variable) => {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const sink = createHttpServer((request, response) => {
    resolve(request.headers.authorization)
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise((listening) => sink.once('listening', listening))
  cleanUps.push(() => sink.close())
  const { port } = sink.address() as AddressInfo
  const data = newData()
  const ports = ['--port', '0', '--admin-port', '0']
  const forward = [flag, `http://127.0.0.1:${port}`, '--json']
  const env = { [variable]: 'authorization=Bearer%20SECRET' }
  const receiver = start(['receiver', '--data', data, ...ports, ...forward], env)
  cleanUps.push(() => receiver.kill('SIGKILL'))
  const { otlpPort } = await receiver.event('READY')
  const out = join(data, 'credentials.json')
  const place = ['--endpoint', `http://127.0.0.1:${String(otlpPort)}`, '--data', data, '--out', out]
  await grantlog(['keys', 'new', '--service', 'api', '--role', 'authorization_server', ...place])
  await openStream(out).send([[]])
  expect(await promise).toBe('Bearer SECRET')
  receiver.kill('SIGTERM')
  const { stderr, stdout } = await receiver.ended
  expect(stdout + stderr).not.toContain('SECRET')
})
