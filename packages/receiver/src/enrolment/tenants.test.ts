// Guarantee: a token enrols a key in the log of whose it is, and in no other's.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Enrolment, Folders } from '@grantlog/ledger'
import { type Claims, proofOf } from '../../test/enrolling.ts'
import {
  eventually,
  type Harness,
  newTenant,
  rawRequest,
  startHarness,
  type TenantHarness,
} from '../../test/harness.ts'
import { type Issuer, startIssuer } from '../../test/issuer.ts'
import {
  createProducer,
  encodeSpans,
  type Producer,
  recordSpan,
  signSpans,
} from '../../test/producer.ts'
import type { EnrollingClient, IssuerOptions } from '../callers/options.ts'

const clients: readonly EnrollingClient[] = [
  { client: 'shop', service: 'api', roles: ['resource_server'] },
]
const names = ['a', 'b', 'shared'] as const
type Name = (typeof names)[number]

let issuers: Record<Name, Issuer>
let tenants: Record<'a' | 'b', TenantHarness>
let harness: Harness

beforeAll(async () => {
  const made = names.map(async (name) => [name, await startIssuer('ES256')] as const)
  issuers = Object.fromEntries(await Promise.all(made)) as typeof issuers
})
afterAll(async () => {
  await Promise.all(Object.values(issuers).map((issuer) => issuer[Symbol.asyncDispose]()))
})

beforeEach(async () => {
  tenants = { a: await newTenant('a', {}), b: await newTenant('b', {}) }
  const trusted = (name: Name, change: Partial<IssuerOptions>): IssuerOptions => ({
    ...{ issuer: issuers[name].url, audience: 'grantlog', enrol: clients },
    ...change,
  })
  const ofB = { client: 'of-b', service: 'web', roles: ['client'], tenant: 'b' }
  const ofNone = { client: 'of-none', service: 'web', roles: ['client'], tenant: 'none' }
  harness = await startHarness({
    callers: {
      issuers: [
        trusted('a', { tenant: 'a' }),
        trusted('b', { tenant: 'b' }),
        trusted('shared', { enrol: [...clients, ofB, ofNone] }),
      ],
    },
    tenants: [tenants.a.served, tenants.b.served],
    limits: { enrolmentLookMs: 10 },
  })
})
afterEach(async () => {
  await harness.close()
  await Promise.all(Object.values(tenants).map(({ ledger }) => ledger.close()))
})

const originOf = (name: 'a' | 'b'): string => tenants[name].ledger.origin

async function ask(of: Name, key: Producer, change: Claims = {}, client = 'shop') {
  const claims = { client_id: client, sub: client, scope: 'audit:enrol' }
  const token = await issuers[of].token({ claims })
  const { status, body } = await rawRequest(harness.receiver.otlpPort, {
    method: 'POST',
    path: '/grantlog/v1/enrol',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: Buffer.from(JSON.stringify({ proof: proofOf(key, token, change) })),
  })
  return { status, text: body.toString() }
}

async function kidsIn({ keys }: Folders): Promise<string[]> {
  const text = await readFile(join(keys, 'enrolled.json'), 'utf8').catch(() => '[]')
  return (JSON.parse(text) as Enrolment[]).map(({ kid }) => kid)
}

test('each token enrols in the log of its tenant, and what the key signs goes there', async () => {
  const [a, b, main] = [createProducer(), createProducer(), createProducer()]
  expect(await ask('a', a, { aud: originOf('a') })).toMatchObject({ status: 201 })
  expect(await ask('b', b, { aud: originOf('b') })).toMatchObject({ status: 201 })
  expect(await ask('shared', main)).toMatchObject({ status: 201 })
  expect(await kidsIn(tenants.a.folders)).toEqual([a.kid])
  expect(await kidsIn(tenants.b.folders)).toEqual([b.kid])
  expect(await kidsIn(harness.folders)).toEqual([main.kid])
  const names = { 'audit.producer.service': 'api', 'oauth.role': 'resource_server' }
  const span = recordSpan(0, names)
  const body = encodeSpans([span], signSpans(a, [span], { iat: Math.floor(Date.now() / 1000) }))
  const authorization = `Bearer ${await issuers.a.token()}`
  expect(await harness.send(body, { authorization })).toMatchObject({ status: 200, rejected: 0 })
  expect(harness.receiver.status()).toMatchObject({ tenants: { a: { committed: 1 } } })
})

test('a client of a shared issuer is of the tenant that its mapping names', async () => {
  const key = createProducer()
  const away = await ask('shared', createProducer(), {}, 'of-none')
  expect([away.status, away.text]).toEqual([503, expect.stringContaining('TENANT_AWAY')])
  const wrong = await ask('shared', key, {}, 'of-b')
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('another log')])
  expect(await ask('shared', key, { aud: originOf('b') }, 'of-b')).toMatchObject({ status: 201 })
  expect(await kidsIn(tenants.b.folders)).toContain(key.kid)
  expect(await kidsIn(harness.folders)).not.toContain(key.kid)
})

test("a token of one tenant enrols nothing in another's log, nor another's key", async () => {
  const before = await kidsIn(tenants.b.folders)
  for (const [of, aud] of [
    ['a', originOf('b')],
    ['a', harness.ledger.origin],
    ['shared', originOf('b')],
  ] as const) {
    const { status, text } = await ask(of, createProducer(), { aud })
    expect([of, aud, status, text]).toEqual([of, aud, 400, expect.stringContaining('another log')])
  }
  const key = createProducer()
  const { folders } = tenants.b
  const list = [...(await enrolledIn(folders)), key.enrolment]
  await writeFile(join(folders.keys, 'enrolled.json'), JSON.stringify(list))
  const isRead = (): boolean =>
    harness.events.some(({ code, kid }) => code === 'KEY_ENROLLED' && kid === key.kid)
  await eventually(() => Promise.resolve(isRead()))
  const { status, text } = await ask('a', key, { aud: originOf('a') })
  expect([status, text]).toEqual([409, expect.stringContaining('another tenant has the key')])
  expect(await kidsIn(tenants.b.folders)).toEqual([...before, key.kid])
})

test('a key that two tenants are asked for at once becomes the key of one', async () => {
  const key = createProducer()
  const both = ['a', 'b'] as const
  const asked = both.map((name) => ask(name, key, { aud: originOf(name) }))
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409])
  const lists = await Promise.all(both.map((name) => kidsIn(tenants[name].folders)))
  expect(lists.flat()).toEqual([key.kid])
  // The other's list is read on.
  const other = both[statuses.indexOf(409)]!
  const next = createProducer()
  expect(await ask(other, next, { aud: originOf(other) })).toMatchObject({ status: 201 })
})

async function enrolledIn({ keys }: Folders): Promise<Enrolment[]> {
  return JSON.parse(await readFile(join(keys, 'enrolled.json'), 'utf8')) as Enrolment[]
}
