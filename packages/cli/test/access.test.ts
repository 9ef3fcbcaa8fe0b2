// Guarantee: an address that others reach is served only with TLS and with who may send, and the
// command says how; who is taken out of the file is out at SIGHUP.
import { afterEach, expect, test } from '@jest/globals'
import { existsSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { createAuthority, HERE, type Issued } from '../../../test/certificates.ts'
import { errorIn, grantlog, type Running, start, temporaryFolder } from './command.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

function newFolder(): string {
  const { folder, remove } = temporaryFolder()
  cleanUps.push(remove)
  return folder
}

function begin(args: readonly string[]): Running {
  const receiver = start(['receiver', '--port', '0', '--json', ...args])
  cleanUps.push(() => (receiver.kill('SIGKILL'), receiver.ended))
  return receiver
}

test('--host alone starts nothing, makes nothing, and says what to do', async () => {
  const data = join(newFolder(), 'data')
  const result = await grantlog(['receiver', '--data', data, '--host', '0.0.0.0', '--json'])
  expect(result.code).toBe(1)
  expect(errorIn(result)).toMatchObject({
    code: 'RECEIVER_BIND_PUBLIC',
    title: expect.stringMatching(/0\.0\.0\.0: no TLS, nobody is asked who he is$/),
    fix: expect.stringMatching(/--tls-cert.*--tls-key.*--client-ca.*127\.0\.0\.1/),
  })
  expect(existsSync(data)).toBe(false)
  const half = ['receiver', '--data', data, '--host', '0.0.0.0', '--tls-cert', 'x', '--json']
  expect(errorIn(await grantlog(half)).code).toBe('USAGE')
})

interface Secured {
  readonly folder: string
  readonly ca: string
  readonly files: string[]
  readonly client: Issued
}

async function secured(): Promise<Secured> {
  const folder = newFolder()
  const authority = await createAuthority()
  const { cert, key } = await authority.issue({ san: HERE })
  for (const [name, text] of Object.entries({ cert, key, ca: authority.cert })) {
    writeFileSync(join(folder, `${name}.pem`), text, { mode: 0o600 })
  }
  const client = await authority.issue({ commonName: 'gateway' })
  const path = (name: string): string => join(folder, `${name}.pem`)
  const files = ['--tls-cert', path('cert'), '--tls-key', path('key'), '--client-ca', path('ca')]
  return { folder, ca: authority.cert, files, client }
}

function post(port: unknown, ca: string, client?: Issued): Promise<number> {
  const { promise, reject, resolve } = Promise.withResolvers<number>()
  const options = { host: '127.0.0.1', port: Number(port), servername: 'localhost', ca }
  const headers = { 'content-type': 'application/x-protobuf' }
  const shown = client === undefined ? {} : { cert: client.cert, key: client.key }
  const at = { ...options, ...shown, method: 'POST', path: '/v1/traces', headers, agent: false }
  request(at, (response) => resolve(response.resume().statusCode ?? 0))
    .on('error', reject)
    .end()
  return promise
}

test('an authority is enough: whoever has one of its certificates may send', async () => {
  const { ca, client, files, folder } = await secured()
  const args = ['--data', join(folder, 'data'), '--admin-port', '0', '--host', '0.0.0.0', ...files]
  const { adminPort, otlpPort } = await begin(args).event('READY')
  expect(await post(otlpPort, ca, client)).toBe(200)
  await expect(post(otlpPort, ca)).rejects.toThrow()
  const doctor = ['doctor', '--data', join(folder, 'data'), '--admin-port', String(adminPort)]
  const { stdout } = await grantlog([...doctor, '--json'])
  const { checks } = JSON.parse(stdout) as { checks: { code: string; what: string }[] }
  expect(checks.find(({ code }) => code === 'TLS')?.what).toMatch(/ends in 36[34] days/)
  expect(checks.find(({ code }) => code === 'CALLERS')?.what).toMatch(/^senders show a certificate/)
})

test('who may send is read again at SIGHUP', async () => {
  const { ca, client, files, folder } = await secured()
  const file = join(folder, 'grantlog.yaml')
  const head = 'version: 1\ndata: data\nadmin: { port: 0 }\n'
  writeFileSync(file, `${head}callers: { certificates: [{ name: gw, commonName: gateway }] }\n`)
  const receiver = begin(['--config', file, '--host', '0.0.0.0', ...files])
  const { otlpPort } = await receiver.event('READY')
  expect(await post(otlpPort, ca, client)).toBe(200)
  writeFileSync(file, `${head}callers: { certificates: [{ name: gw }] }\n`)
  receiver.kill('SIGHUP')
  expect(await receiver.event('CONFIG_NOT_RELOADED')).toMatchObject({
    reason: 'RECEIVER_CALLERS_INVALID',
  })
  expect(await post(otlpPort, ca, client)).toBe(200)
  writeFileSync(file, `${head}callers: { certificates: [{ name: gw, commonName: other }] }\n`)
  receiver.kill('SIGHUP')
  await receiver.event('CALLERS_READ')
  expect(await post(otlpPort, ca, client)).toBe(403)
})

test('a caller of a tenant that is not there is refused, and shuts nobody else out', async () => {
  const { ca, client, files, folder } = await secured()
  const file = join(folder, 'grantlog.yaml')
  const head = 'version: 1\ndata: data\nadmin: { port: 0 }\n'
  const callers = (tenant: string): string =>
    `${head}callers: { certificates: [{ name: gw, commonName: gateway${tenant} }] }\n`
  writeFileSync(file, callers(''))
  const receiver = begin(['--config', file, '--host', '0.0.0.0', ...files])
  const { otlpPort } = await receiver.event('READY')
  expect(await post(otlpPort, ca, client)).toBe(200)
  writeFileSync(file, callers(', tenant: acme'))
  receiver.kill('SIGHUP')
  await receiver.event('CALLERS_READ')
  expect(await post(otlpPort, ca, client)).toBe(503)
  const made = ['tenants', 'new', 'acme', '--data', join(folder, 'data'), '--json']
  expect(await grantlog(made)).toMatchObject({ code: 0 })
  expect(await receiver.event('TENANT_STARTED')).toMatchObject({ tenant: 'acme' })
  expect(await post(otlpPort, ca, client)).toBe(200)
})
