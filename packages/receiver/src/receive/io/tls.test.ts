// Guarantee: a port that others reach has TLS 1.2 or 1.3 with a certificate that can be renewed
// without a restart; and what lies in its files can be wrong without harm.
import { chmod, rm, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createAuthority, HERE } from '../../../../../test/certificates.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { type CertificateFiles, certificateFiles, secureRequest } from '../../../test/secure.ts'

let files: CertificateFiles
let harness: Harness
let port: number
const agents: Agent[] = []

beforeAll(async () => {
  files = await certificateFiles()
  const otlp = { host: '0.0.0.0', port: 0 }
  harness = await startHarness({ otlp, tls: files.tls, callers: { certificates: 'any' } })
  port = harness.receiver.otlpPort
})
afterAll(async () => {
  for (const agent of agents) agent.destroy()
  await harness.close()
  await files[Symbol.asyncDispose]()
})

function keptAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agents.push(agent)
  return agent
}

function tlsStatus(): NonNullable<ReturnType<Harness['receiver']['status']>['access']['tls']> {
  return harness.receiver.status().access.tls!
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async (maxVersion) => {
  const client = await files.authority.issue({ commonName: 'gateway' })
  const { cert: ca } = files.authority
  expect(await secureRequest(port, { ca, client, maxVersion })).toMatchObject({ status: 200 })
})

test('names of the certificate are names of the receiver, others are not', async () => {
  const { cert: ca } = files.authority
  const client = await files.authority.issue({ commonName: 'gateway' })
  const named = (host: string) => secureRequest(port, { ca, client, headers: { host } })
  expect(await named('receiver.example:4318')).toMatchObject({ status: 200 })
  expect(await named('other.example:4318')).toMatchObject({ status: 403 })
})

test('a new pair is shown to new connections, and old ones live on', async () => {
  const { cert: ca } = files.authority
  const client = await files.authority.issue({ commonName: 'gateway' })
  const agent = keptAlive()
  await secureRequest(port, { ca, client, agent })
  const next = await files.authority.issue({ san: HERE, untilDays: 30 })
  await files.write(next)
  await harness.receiver.reload()
  expect(await secureRequest(port, { ca, client, agent })).toMatchObject({
    status: 200,
    isReused: true,
  })
  const after = await secureRequest(port, { ca, client })
  expect(after).toMatchObject({ status: 200, serial: next.parsed.serialNumber })
  expect(tlsStatus()).toMatchObject({ daysLeft: 29, failing: null })
})

test.each([
  ['a key of another certificate', async () => ({ key: (await files.authority.issue()).key })],
  ['no key', () => Promise.resolve({ key: 'x' })],
  ['no certificate', () => Promise.resolve({ cert: 'x' })],
  ['one that is over', () => files.authority.issue({ san: HERE, fromDays: -9, untilDays: -1 })],
])('a bad new pair keeps the old one, and is told once: %s', async (_what, bad) => {
  const { cert: ca } = files.authority
  const good = await files.authority.issue({ san: HERE })
  const client = await files.authority.issue({ commonName: 'gateway' })
  await files.write(good)
  await harness.receiver.reload()
  await files.write({ ...good, ...(await bad()) })
  harness.events.splice(0)
  await harness.receiver.reload()
  await harness.receiver.reload()
  const told = harness.events.filter(({ code }) => code === 'TLS_CERTIFICATE_UNUSABLE')
  expect(told).toHaveLength(1)
  expect(tlsStatus().failing).toBe(told[0]?.detail)
  expect(JSON.stringify(told)).not.toContain('BEGIN')
  const { serialNumber: serial } = good.parsed
  expect(await secureRequest(port, { ca, client })).toMatchObject({ status: 200, serial })
  await files.write(good)
  await harness.receiver.reload()
  expect(tlsStatus().failing).toBeNull()
})

test('files that are gone keep what is in force', async () => {
  const { cert: ca } = files.authority
  const client = await files.authority.issue({ commonName: 'gateway' })
  await rm(files.tls.cert)
  await harness.receiver.reload()
  expect(tlsStatus().failing).toMatch(/tls\.crt: ENOENT$/)
  expect(await secureRequest(port, { ca, client })).toMatchObject({ status: 200 })
  await files.write(await files.authority.issue({ san: HERE }))
  await harness.receiver.reload()
})

test('a session that is resumed has the certificate that it began with', async () => {
  const { cert: ca } = files.authority
  const client = await files.authority.issue({ commonName: 'gateway' })
  const agent = new Agent()
  expect(await secureRequest(port, { ca, client, agent })).toMatchObject({ status: 200 })
  const again = await secureRequest(port, { ca, client, agent })
  expect(again).toMatchObject({ status: 200, isReused: false })
})

test('a certificate that ends soon is told, daily', async () => {
  await files.write(await files.authority.issue({ san: HERE, untilDays: 5 }))
  harness.events.splice(0)
  await harness.receiver.reload()
  await harness.receiver.reload()
  const told = harness.events.filter(({ code }) => code === 'TLS_EXPIRES')
  expect(told).toMatchObject([{ level: 'warn', daysLeft: 4 }])
})

test('clients of an authority that is gone are cut, and new ones of it refused', async () => {
  const { cert: ca } = files.authority
  const client = await files.authority.issue({ commonName: 'gateway' })
  const agent = keptAlive()
  expect(await secureRequest(port, { ca, client, agent })).toMatchObject({ status: 200 })
  const other = await createAuthority('Other')
  const pair = await files.authority.issue({ san: HERE })
  await files.write(pair, other.cert)
  await harness.receiver.reload()
  await expect(secureRequest(port, { ca, client, agent })).rejects.toThrow()
  await expect(secureRequest(port, { ca, client })).rejects.toThrow()
  const theirs = await other.issue({ commonName: 'gateway' })
  expect(await secureRequest(port, { ca, client: theirs })).toMatchObject({ status: 200 })
  await files.write(pair)
  await harness.receiver.reload()
})

test('whoever speaks no TLS, or an old one, gets no answer', async () => {
  const before = tlsStatus().refused
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const answer: Buffer[] = []
  socket.on('data', (chunk) => answer.push(chunk))
  await new Promise((resolve) => socket.once('close', resolve))
  expect(Buffer.concat(answer).toString('latin1')).not.toContain('HTTP/')
  const { cert: ca } = files.authority
  const client = await files.authority.issue({ commonName: 'gateway' })
  await expect(secureRequest(port, { ca, client, maxVersion: 'TLSv1.1' })).rejects.toThrow()
  expect(tlsStatus().refused).toBeGreaterThan(before)
})

test('a key that others may read is told', async () => {
  await using own = await certificateFiles()
  await chmod(own.tls.key, 0o644)
  await using other = await startHarness({ tls: own.tls })
  expect(other.events).toContainEqual(expect.objectContaining({ code: 'TLS_KEY_OPEN' }))
})

test.each([
  ['no file', (path: string) => rm(path)],
  ['no PEM', (path: string) => writeFile(path, 'secret words')],
])('a start with %s fails, and quotes nothing', async (_what, harm) => {
  await using own = await certificateFiles()
  await harm(own.tls.key)
  const message = expect.stringMatching(/^(?!.*secret).*tls\.key/)
  const refused = { code: 'RECEIVER_TLS_INVALID', message }
  await expect(startHarness({ tls: own.tls })).rejects.toMatchObject(refused)
})
