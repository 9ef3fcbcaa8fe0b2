// Guarantee: what a tenant's own caller brings goes to that tenant and to no other, signed or not,
// and is refused where the tenant is not there. Callers of no tenant bring what is of any.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { audit, openReader } from '@grantlog/ledger'
import { concat } from '@grantlog/record'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import type { Issued } from '../../../test/certificates.ts'
import {
  enrol,
  eventually,
  type Harness,
  newTenant,
  startHarness,
  startSink,
  type TenantHarness,
} from '../test/harness.ts'
import { startIssuer } from '../test/issuer.ts'
import { logsBody, metricsBody } from '../test/other-signals.ts'
import { createProducer, plainBody, recordSpans, signedBody } from '../test/producer.ts'
import {
  type CertificateFiles,
  certificateFiles,
  type SecureAnswer,
  secureRequest,
} from '../test/secure.ts'
import type { ReceiverStatus, TenantStatus } from './options.ts'

const a = createProducer()
const b = createProducer()
const stranger = createProducer()

const names = ['of-a', 'of-b', 'of-none', 'shared'] as const
type Name = (typeof names)[number]

let files: CertificateFiles
let clients: Record<Name, Issued>

beforeAll(async () => {
  files = await certificateFiles()
  const issued = names.map(async (name) => {
    return [name, await files.authority.issue({ commonName: name })] as const
  })
  clients = Object.fromEntries(await Promise.all(issued)) as Record<Name, Issued>
})
afterAll(async () => {
  await files[Symbol.asyncDispose]()
})

const callers = {
  certificates: [
    { name: 'of-a', commonName: 'of-a', tenant: 'a' },
    { name: 'of-b', commonName: 'of-b', tenant: 'b' },
    { name: 'of-none', commonName: 'of-none', tenant: 'none' },
    { name: 'shared', commonName: 'shared' },
  ],
}

interface Two extends AsyncDisposable {
  readonly harness: Harness
  readonly tenants: Readonly<Record<'a' | 'b', TenantHarness>>
  send(as: Name, body: Uint8Array, path?: string): Promise<SecureAnswer>
  status(): ReceiverStatus & { readonly tenants: Record<'a' | 'b', TenantStatus> }
}

type Served = TenantHarness['served']

/** A receiver of the tenants a and b. */
async function startTwo(
  change: Partial<Record<'a' | 'b', Pick<Served, 'limits' | 'sinks'>>> = {},
): Promise<Two> {
  const tenants = {
    a: await newTenant('a', { producers: [a] }),
    b: await newTenant('b', { producers: [b] }),
  }
  const harness = await startHarness({
    tls: files.tls,
    callers,
    tenants: [
      { ...tenants.a.served, ...change.a },
      { ...tenants.b.served, ...change.b },
    ],
    limits: { enrolmentLookMs: 10 },
  })
  return {
    harness,
    tenants,
    send: (as, body, path = '/v1/traces') => {
      const { otlpPort } = harness.receiver
      return secureRequest(otlpPort, {
        ...{ ca: files.authority.cert, client: clients[as] },
        ...{ path, body },
      })
    },
    status: () => harness.receiver.status() as ReturnType<Two['status']>,
    async [Symbol.asyncDispose]() {
      await harness.close()
      await tenants.a.ledger.close()
      await tenants.b.ledger.close()
    },
  }
}

test('what passes through goes to the sinks of the tenant of who sends it', async () => {
  const [sinkA, sinkB] = [await startSink(), await startSink()]
  const sinks = (url: string): Pick<Served, 'sinks'> => ({ sinks: [{ name: 'otlp', url }] })
  await using two = await startTwo({ a: sinks(sinkA.url), b: sinks(sinkB.url) })
  for (const [path, body] of [
    ['/v1/traces', plainBody()],
    ['/v1/logs', logsBody({ n: '1' })],
    ['/v1/metrics', metricsBody(1)],
  ] as const) {
    expect(await two.send('of-a', body, path)).toMatchObject({ status: 200 })
  }
  expect(await two.send('of-b', plainBody())).toMatchObject({ status: 200 })
  expect(await two.send('shared', plainBody())).toMatchObject({ status: 200 })
  await sinkA.until(() => sinkA.taken.length === 3)
  await sinkB.until(() => sinkB.taken.length === 1)
  expect(sinkA.paths.toSorted()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces'])
  const one = { passedThrough: 1 }
  const { tenants, ...main } = two.status()
  expect(tenants.a).toMatchObject({ ...one, logs: one, metrics: one, requests: 3 })
  expect(tenants.b).toMatchObject({ ...one, requests: 1 })
  expect(main).toMatchObject({ passedThrough: 0, discarded: 1, requests: 1 })
  await Promise.all([sinkA.close(), sinkB.close()])
})

test("audit log records are sealed in the ledger of the sender's tenant", async () => {
  const two = await startTwo()
  const body = encodeLogs([deletion])
  expect(await two.send('of-a', body, '/v1/logs')).toMatchObject({ status: 200 })
  const logs = { audit: 1, committed: 1 }
  const { tenants, ...main } = two.status()
  expect(tenants).toMatchObject({ a: { logs }, b: { logs: { audit: 0 } } })
  expect(main).toMatchObject({ logs: { audit: 0 } })
  const { folders } = two.harness
  const { a, b } = two.tenants
  await two.harness.receiver.close()
  const sealedIn = async (of: Pick<TenantHarness, 'folders' | 'ledger'>): Promise<number> => {
    await of.ledger.close()
    const reader = await openReader(of.folders)
    const { logKey } = reader
    await reader.close()
    const { findings, logs } = await audit({ folders: of.folders, logKey })
    expect(findings).toEqual([])
    return logs
  }
  expect(await sealedIn(a)).toBe(1)
  expect(await sealedIn(b)).toBe(0)
  expect(await sealedIn({ folders, ledger: two.harness.ledger })).toBe(0)
})

test("log records are held to the limits of the sender's tenant", async () => {
  await using two = await startTwo({ a: { limits: { diskBytes: 1 } } })
  const body = encodeLogs([deletion])
  const full = await two.send('of-a', body, '/v1/logs')
  expect(full).toMatchObject({ status: 503 })
  expect(full.text).toContain('RECEIVER_TENANT_FULL')
  expect(await two.send('of-b', body, '/v1/logs')).toMatchObject({ status: 200 })
})

test("unknown spans lie with the sender's tenant, and no other takes them out", async () => {
  await using two = await startTwo()
  const mixed = concat(signedBody(a, recordSpans(1)), signedBody(stranger, recordSpans(2)))
  expect(await two.send('of-a', mixed)).toMatchObject({ status: 200 })
  const lying = (): number[] => {
    const { tenants, ...main } = two.status()
    return [main, tenants.a, tenants.b].map(({ quarantine }) => quarantine.entries)
  }
  expect(lying()).toEqual([0, 1, 0])
  // Another tenant's enrolment takes nothing out of it.
  await enrol(two.tenants.b.folders, [b, stranger])
  await eventually(async () => {
    return (await two.send('of-b', signedBody(stranger, recordSpans(1, 9)))).status === 200
  })
  expect(lying()).toEqual([0, 1, 0])
  expect(two.status().tenants).toMatchObject({ a: { committed: 1 }, b: { committed: 1 } })
  await enrol(two.tenants.b.folders, [b])
  await enrol(two.tenants.a.folders, [a, stranger])
  await eventually(async () => {
    await two.send('of-b', signedBody(stranger, recordSpans(1, 10)))
    await two.send('of-a', signedBody(a, recordSpans(1)))
    return lying()[1] === 0
  })
  expect(two.status().tenants.a).toMatchObject({ quarantine: { released: 2 } })
})

test("to a tenant's caller the keys of others are unknown, at a release too", async () => {
  await using two = await startTwo()
  // Alone it is to come again: a sender that was sent to the wrong place keeps what it has.
  const alone = await two.send('of-a', signedBody(b, recordSpans(1)))
  expect(alone).toMatchObject({ status: 503 })
  expect(alone.text).toContain('RECEIVER_KEY_UNKNOWN')
  const all = [signedBody(a, recordSpans(1)), signedBody(b, recordSpans(2))]
  const mixed = concat(...all, signedBody(stranger, recordSpans(3)))
  expect(await two.send('of-a', mixed)).toMatchObject({ status: 200 })
  expect(two.status().tenants).toMatchObject({
    a: { committed: 1, refused: { UNKNOWN_KEY: 6 }, quarantine: { entries: 1 } },
    b: { committed: 0, requests: 0, refused: { UNKNOWN_KEY: 0 }, quarantine: { entries: 0 } },
  })
  // The operator is told what the sender is not.
  const told = two.harness.events.filter(({ code }) => code === 'CALLER_OUT_OF_TENANT')
  const who = { level: 'warn', caller: 'of-a', tenant: 'a' }
  expect(told).toMatchObject([
    { ...who, spans: 1 },
    { ...who, spans: 2 },
  ])
  await enrol(two.tenants.a.folders, [a, stranger])
  await eventually(async () => {
    await two.send('of-a', signedBody(a, recordSpans(1)))
    return two.status().tenants.a.quarantine.released > 0
  })
  expect(two.status().tenants.a.quarantine.released).toBe(3)
  expect(two.status().tenants.b.streams.streams).toBe(0)
})

test('who is of no tenant brings what is of any', async () => {
  await using two = await startTwo()
  const both = concat(signedBody(a, recordSpans(1)), signedBody(b, recordSpans(2)))
  expect(await two.send('shared', both)).toMatchObject({ status: 200 })
  expect(two.status().tenants).toMatchObject({ a: { committed: 1 }, b: { committed: 2 } })
})

test("who is of a tenant that is not there is to come again, and nothing is main's", async () => {
  await using two = await startTwo()
  for (const [path, body] of [
    ['/v1/traces', concat(plainBody(), signedBody(a, recordSpans(1)))],
    ['/v1/logs', encodeLogs([deletion])],
    ['/v1/metrics', metricsBody(1)],
  ] as const) {
    const answer = await two.send('of-none', body, path)
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } })
    expect(answer.text).toContain('RECEIVER_TENANT_AWAY')
  }
  const { tenants, ...main } = two.status()
  expect([main, tenants.a, tenants.b].map(({ requests }) => requests)).toEqual([0, 0, 0])
  // It comes while the receiver runs.
  await using none = await newTenant('none')
  await two.harness.receiver.addTenant(none.served)
  expect(await two.send('of-none', plainBody())).toMatchObject({ status: 200 })
  await two.harness.receiver.close()
})

test('a list of callers that is read again says anew whose they are', async () => {
  await using two = await startTwo()
  expect(await two.send('of-a', plainBody())).toMatchObject({ status: 200 })
  const certificates = [{ name: 'of-a', commonName: 'of-a', tenant: 'b' }]
  two.harness.receiver.allow({ certificates })
  expect(await two.send('of-a', plainBody())).toMatchObject({ status: 200 })
  expect(two.status().tenants).toMatchObject({ a: { requests: 1 }, b: { requests: 1 } })
})

test('whoever has a token of an issuer is of its tenant', async () => {
  await using issuer = await startIssuer('ES256')
  await using tenantA = await newTenant('a', { producers: [a] })
  const trusted = { issuer: issuer.url, audience: 'grantlog', tenant: 'a' }
  await using harness = await startHarness({
    callers: { issuers: [trusted] },
    tenants: [tenantA.served],
  })
  const authorization = `Bearer ${await issuer.token()}`
  // The second time it is remembered.
  for (const requests of [1, 2]) {
    expect(await harness.send(plainBody(), { authorization })).toMatchObject({ status: 200 })
    expect(harness.receiver.status().tenants).toMatchObject({ a: { requests } })
  }
  expect(harness.receiver.status()).toMatchObject({ requests: 0 })
})
