// Guarantee: what a key signed is in the ledger of the one tenant that has enrolled it, and nowhere
// else; what happens to a tenant, or is done by one, happens to no other.
import { expect, test } from '@jest/globals'
import { LedgerError } from '@grantlog/ledger'
import { concat } from '@grantlog/record'
import { decodeTraceRequest } from '@grantlog/record/otlp'
import { rm } from 'node:fs/promises'
import { enrol, eventually, newTenant, startHarness } from '../test/harness.ts'
import {
  createProducer,
  encodeSpans,
  plainBody,
  recordSpan,
  recordSpans,
  signedBody,
  signSpans,
} from '../test/producer.ts'
import { readKept } from './quarantine/quarantine.ts'
import { openJournal } from '@grantlog/journal'
import { join } from 'node:path'
import { openEntry } from './quarantine/entry.ts'

const a = createProducer()
const b = createProducer()
const stranger = createProducer()
const producers = { a: [a], b: [b] }

/** What the receiver says of the tenants' ledgers: records committed in each. */
function committed(harness: Awaited<ReturnType<typeof startHarness>>): Record<string, number> {
  const { committed, tenants = {} } = harness.receiver.status()
  const others = Object.entries(tenants).map(([name, status]) => [name, status.committed] as const)
  return { main: committed, ...Object.fromEntries(others) }
}

test('each key has one ledger: receipts name it, and what others sign is not in it', async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using tenantB = await newTenant('b', { producers: producers.b })
  const main = createProducer()
  await using harness = await startHarness({
    producers: [main],
    tenants: [tenantA.served, tenantB.served],
  })
  for (const [producer, origin] of [
    [a, 'example.com/a'],
    [b, 'example.com/b'],
    [main, 'example.com/log'],
  ] as const) {
    const answer = await harness.send(signedBody(producer, recordSpans(2)))
    expect(answer).toMatchObject({ status: 200, rejected: 0 })
    expect(answer.receipts[0]).toContain(`grantlog-receipt-v1\n${origin}\n`)
    const checkpoint = Buffer.from(answer.headers.get('grantlog-checkpoint')!, 'base64').toString()
    expect(checkpoint.split('\n')[0]).toBe(origin)
  }
  expect(committed(harness)).toEqual({ main: 2, a: 2, b: 2 })
})

test("a key signs into no other tenant: its signature under another's name is forged", async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using tenantB = await newTenant('b', { producers: producers.b })
  await using harness = await startHarness({ tenants: [tenantA.served, tenantB.served] })
  const spans = recordSpans(1)
  const claimsB = { ...a, kid: b.kid }
  const answer = await harness.send(encodeSpans(spans, signSpans(claimsB, spans)))
  expect(answer).toMatchObject({ status: 200, rejected: 1 })
  expect(answer.message).toMatch(/^FORGED/)
  expect(committed(harness)).toEqual({ main: 0, a: 0, b: 0 })
  // It lies with the tenant whose key it claimed, and counts for nothing there.
  expect(harness.receiver.status().tenants).toMatchObject({
    a: { quarantine: { entries: 0 } },
    b: { quarantine: { entries: 1 } },
  })
})

test('one request of many tenants: each part in its own ledger, answered at once', async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using tenantB = await newTenant('b', { producers: producers.b })
  await using harness = await startHarness({ tenants: [tenantA.served, tenantB.served] })
  const body = concat(signedBody(a, recordSpans(2)), signedBody(b, recordSpans(3)), plainBody())
  const answer = await harness.send(body)
  expect(answer).toMatchObject({ status: 200, rejected: 0 })
  const origins = answer.receipts.map((note) => note.split('\n')[1])
  expect(origins).toEqual(['example.com/a', 'example.com/b'])
  expect(answer.headers.get('grantlog-checkpoint')).toBeNull()
  expect(committed(harness)).toEqual({ main: 0, a: 2, b: 3 })
  expect(harness.receiver.status()).toMatchObject({ discarded: 1 })
})

test('what passes through goes on once, however often a request comes for a tenant', async () => {
  let isFull = true
  await using tenantA = await newTenant('a', {
    producers: producers.a,
    override: (ledger) => ({
      commit: (batch) =>
        isFull ? Promise.reject(new LedgerError('LEDGER_FULL', 'no')) : ledger.commit(batch),
    }),
  })
  const main = createProducer()
  await using harness = await startHarness({ producers: [main], tenants: [tenantA.served] })
  const body = concat(signedBody(a, recordSpans(2)), signedBody(main, recordSpans(1)), plainBody())
  expect(await harness.send(body)).toMatchObject({ status: 503 })
  expect(await harness.send(body)).toMatchObject({ status: 503 })
  expect(committed(harness)).toEqual({ main: 1, a: 0 })
  expect(harness.receiver.status()).toMatchObject({ discarded: 0 })
  isFull = false
  expect(await harness.send(body)).toMatchObject({ status: 200, rejected: 0 })
  expect(committed(harness)).toEqual({ main: 1, a: 2 })
  expect(harness.receiver.status()).toMatchObject({ discarded: 1 })
})

test("a tenant's quarantine never holds another's spans", async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using tenantB = await newTenant('b', { producers: producers.b })
  const harness = await startHarness({ tenants: [tenantA.served, tenantB.served] })
  const altered = [recordSpan(0, { 'user.id': 'mallory' })]
  const badOfA = encodeSpans(altered, signSpans(a, recordSpans(1)))
  const fine = signedBody(b, recordSpans(1))
  const unknown = signedBody(stranger, recordSpans(1))
  const answer = await harness.send(concat(fine, badOfA, unknown, plainBody({ secret: 'c' })))
  expect(answer).toMatchObject({ status: 200, rejected: 2 })
  const key = tenantA.ledger.keystore.secret('quarantine')
  const mainKey = harness.ledger.keystore.secret('quarantine')
  await harness.receiver.close()
  const keptBy = async (queue: string, secret: Uint8Array): Promise<Uint8Array[]> => {
    const journal = await openJournal({ directory: join(queue, 'quarantine'), readOnly: true })
    const numbers = [...(await readKept(journal, 0, secret)).keys()]
    const bodies: Uint8Array[] = []
    for await (const { number, payload } of journal.read(journal.first)) {
      const entry = openEntry(payload, secret)
      if (numbers.includes(number) && entry?.kind === 'request') bodies.push(entry.body)
    }
    return bodies
  }
  const jwssIn = (bodies: readonly Uint8Array[]): (string | null)[] =>
    bodies.flatMap((body) => decodeTraceRequest(body).groups.map(({ scope }) => scope.jws))
  const jwsOf = (body: Uint8Array): string | null => decodeTraceRequest(body).groups[0]!.scope.jws
  const ofA = await keptBy(tenantA.folders.queue, key)
  expect(jwssIn(ofA)).toEqual([jwsOf(badOfA)])
  expect(decodeTraceRequest(ofA[0]!)).toMatchObject({ passThrough: null, auditSpans: 1 })
  expect(jwssIn(await keptBy(harness.folders.queue, mainKey))).toEqual([jwsOf(unknown)])
  const keyB = tenantB.ledger.keystore.secret('quarantine')
  expect(await keptBy(tenantB.folders.queue, keyB)).toEqual([])
  await harness.close()
})

test.each(['LEDGER_FULL', 'LEDGER_POISONED'] as const)(
  "%s of one tenant: the others' records are durable and acknowledged; its own come again",
  async (code) => {
    const fatal: unknown[] = []
    let isDown = true
    await using tenantA = await newTenant('a', {
      producers: producers.a,
      override: (ledger) => ({
        commit: (batch) =>
          isDown ? Promise.reject(new LedgerError(code, 'no')) : ledger.commit(batch),
      }),
    })
    await using tenantB = await newTenant('b', { producers: producers.b })
    await using harness = await startHarness({
      tenants: [tenantA.served, tenantB.served],
      onFatal: (error) => fatal.push(error),
    })
    const both = concat(signedBody(a, recordSpans(1)), signedBody(b, recordSpans(1)))
    expect(await harness.send(both)).toMatchObject({ status: 503, receipts: [] })
    expect(committed(harness)).toEqual({ main: 0, a: 0, b: 1 })
    // B alone is answered as ever.
    const alone = await harness.send(signedBody(b, recordSpans(1, 1)))
    expect(alone).toMatchObject({ status: 200, rejected: 0 })
    expect(fatal).toEqual([])
    const isReady = { a: { ready: code === 'LEDGER_FULL' }, b: { ready: true } }
    expect(harness.receiver.status()).toMatchObject({ ready: true, tenants: isReady })
    isDown = false
    const again = await harness.send(both)
    expect(again).toMatchObject({ status: 200, rejected: 0 })
    expect(again.receipts).toHaveLength(2)
    expect(committed(harness)).toEqual({ main: 0, a: 1, b: 2 })
  },
)

test("a tenant's slow disk holds no other's answer", async () => {
  const durable = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  await using tenantA = await newTenant('a', {
    producers: producers.a,
    override: (ledger) => ({
      async commit(batch) {
        reached.resolve()
        await durable.promise
        return ledger.commit(batch)
      },
    }),
  })
  await using tenantB = await newTenant('b', { producers: producers.b })
  await using harness = await startHarness({ tenants: [tenantA.served, tenantB.served] })
  const slow = harness.send(signedBody(a, recordSpans(1)))
  await reached.promise
  expect(await harness.send(signedBody(b, recordSpans(1)))).toMatchObject({ status: 200 })
  durable.resolve()
  expect(await slow).toMatchObject({ status: 200, rejected: 0 })
})

test("a tenant's files gone from the disk: the others go on", async () => {
  await using tenantB = await newTenant('b', { producers: producers.b })
  const tenantA = await newTenant('a', { producers: producers.a })
  await using harness = await startHarness({ tenants: [tenantA.served, tenantB.served] })
  expect(await harness.send(signedBody(a, recordSpans(1)))).toMatchObject({ status: 200 })
  // The receiver may be writing there.
  const whole = { recursive: true, maxRetries: 20, retryDelay: 20 }
  await rm(tenantA.folders.ledger, whole)
  await rm(tenantA.folders.keys, whole)
  await harness.send(signedBody(a, recordSpans(1, 1)))
  const both = concat(signedBody(a, recordSpans(1, 2)), signedBody(b, recordSpans(1)))
  await harness.send(both)
  expect(await harness.send(signedBody(b, recordSpans(2, 1)))).toMatchObject({ status: 200 })
  expect(committed(harness).b).toBe(3)
  expect(await harness.receiver.status().ready).toBe(true)
  await tenantA.ledger.close().catch(() => undefined)
})

test('a key of two tenants is refused, loudly, where it comes second', async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using twice = await newTenant('twice', { producers: [b, a] })
  await using harness = await startHarness({ tenants: [tenantA.served] })
  const { receiver } = harness
  const elsewhere = { code: 'RECEIVER_KEY_ELSEWHERE', message: expect.stringContaining(a.kid) }
  await expect(receiver.addTenant(twice.served)).rejects.toMatchObject(elsewhere)
  // Nothing of it is left: the key that is its own is nobody's.
  expect(await harness.send(signedBody(b, recordSpans(1)))).toMatchObject({ status: 503 })
  await enrol(twice.folders, [b])
  await receiver.addTenant(twice.served)
  expect(await harness.send(signedBody(b, recordSpans(1)))).toMatchObject({ status: 200 })

  // While it runs: nothing of the list is in force until it is mended, and that is told once.
  await enrol(twice.folders, [b, a, stranger])
  const told = (): number =>
    harness.events.filter((event) => {
      return event.code === 'ENROLMENTS_UNREADABLE' && event.tenant === 'twice'
    }).length
  await eventually(async () => {
    await harness.send(signedBody(stranger, recordSpans(1)))
    return told() > 0
  })
  expect(await harness.send(signedBody(a, recordSpans(1)))).toMatchObject({ status: 200 })
  expect(committed(harness)).toEqual({ main: 0, a: 1, twice: 1 })
  await enrol(twice.folders, [b, stranger])
  await eventually(async () => {
    return (await harness.send(signedBody(stranger, recordSpans(1)))).status === 200
  })
  expect(told()).toBe(1)
})

test('what came before its key was enrolled goes to the tenant that enrols it', async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using harness = await startHarness({
    tenants: [tenantA.served],
    limits: { enrolmentLookMs: 10 },
  })
  const mixed = concat(signedBody(a, recordSpans(1)), signedBody(stranger, recordSpans(2)))
  expect(await harness.send(mixed)).toMatchObject({ status: 200, rejected: 2 })
  expect(harness.receiver.status().quarantine.entries).toBe(1)
  await enrol(tenantA.folders, [a, stranger])
  await eventually(async () => {
    await harness.send(signedBody(a, recordSpans(1)))
    return harness.receiver.status().quarantine.entries === 0
  })
  expect(harness.receiver.status().quarantine.released).toBe(2)
  const again = await harness.send(signedBody(stranger, recordSpans(2)))
  expect(again.receipts[0]).toContain('\nexample.com/a\n')
})

test('the signatures that a request makes us verify are of all tenants together', async () => {
  const many = Array.from({ length: 3 }, () => createProducer())
  await using tenantA = await newTenant('a', { producers: many })
  await using tenantB = await newTenant('b', { producers: producers.b })
  await using harness = await startHarness({
    tenants: [tenantA.served, tenantB.served],
    limits: { signaturesPerRequest: 3 },
  })
  const ofA = many.map((each) => signedBody(each, recordSpans(1)))
  const body = concat(...ofA, signedBody(b, recordSpans(1)))
  expect(await harness.send(body)).toMatchObject({ status: 503 })
  // Whose turn comes when is told by the clock.
  const first = Object.values(committed(harness))
  expect(first.reduce((sum, count) => sum + count, 0)).toBe(3)
  expect(await harness.send(body)).toMatchObject({ status: 200 })
  expect(committed(harness)).toEqual({ main: 0, a: 3, b: 1 })
})

test('tenants come while others are served', async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using harness = await startHarness({})
  const { receiver } = harness
  expect(receiver.status().tenants).toBeUndefined()
  expect(await harness.send(signedBody(a, recordSpans(1)))).toMatchObject({ status: 503 })
  await receiver.addTenant(tenantA.served)
  expect(await harness.send(signedBody(a, recordSpans(1)))).toMatchObject({ status: 200 })
  for (const served of [
    tenantA.served,
    { ...tenantA.served, name: 'other' },
    { ...tenantA.served, name: 'A/../b' },
  ]) {
    await expect(receiver.addTenant(served)).rejects.toMatchObject({
      code: 'RECEIVER_TENANT_INVALID',
    })
  }
})

test('each log has its proofs, its tiles and its state', async () => {
  await using tenantA = await newTenant('a', { producers: producers.a })
  await using harness = await startHarness({ tenants: [tenantA.served] })
  await harness.send(signedBody(a, recordSpans(1)))
  await tenantA.ledger.settle()
  const { adminPort, otlpPort } = harness.receiver
  const get = (path: string, port = adminPort): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`)
  expect(await (await get('/tenants/a/checkpoint')).text()).toMatch(/^example\.com\/a\n/)
  expect(await (await get('/checkpoint')).text()).toMatch(/^example\.com\/log\n/)
  expect((await get('/tenants/a/tile/entries/000.p/3')).status).toBe(200)
  const state = (await (await get('/tenants/a/readyz')).json()) as object
  expect(state).toMatchObject({ ready: true, committed: 1, streams: { streams: 1 } })
  const all = (await (await get('/readyz')).json()) as object
  expect(all).toMatchObject({ ready: true, committed: 0, tenants: { a: { committed: 1 } } })
  const streams = await (await get('/tenants/a/grantlog/v1/streams')).json()
  expect(streams).toMatchObject({ streams: [{ kid: a.kid }] })
  expect((await get('/tenants/b/checkpoint')).status).toBe(404)
  expect((await get('/tenants/a/tenants/a/checkpoint')).status).toBe(404)

  const proof = `/grantlog/v1/consistency?from=1&to=${tenantA.ledger.published}`
  expect((await get(`${proof}&origin=example.com/a`, otlpPort)).status).toBe(200)
  expect((await get(`${proof}&origin=example.com/none`, otlpPort)).status).toBe(404)
})
