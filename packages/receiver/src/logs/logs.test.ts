// Guarantee: an audit log record, whoever's SDK sent it, is sealed once, says who brought it and
// never that we verified it, holds no secret, and what is not audit passes through.
import { createHash, sign, X509Certificate } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { audit, decodeObservation, type Folders, foldersUnder, openReader } from '@grantlog/ledger'
import { type JsonObject, type LogRecord, openLog, openLogSlot } from '@grantlog/record'
import { decodeLogsRequest, wireFields } from '@grantlog/record/otlp'
import { deletion, encodeLogs, type Fields, type Value } from '@grantlog/record/testing'
import { testCertificate, testKey } from '../../test/certificate.ts'
import {
  eventually,
  type Harness,
  newData,
  rawRequest,
  startHarness,
  startSink,
} from '../../test/harness.ts'
import { LOGS_PER_COMMIT } from '../limits.ts'
import { signedForm } from './signature.ts'

let data: string
let folders: Folders

beforeEach(async () => {
  data = await newData()
  folders = foldersUnder(data)
})

interface Answer {
  readonly status: number
  readonly rejected: number
  readonly message: string
  readonly checkpoint: boolean
}

async function send({ receiver }: Harness, body: Uint8Array): Promise<Answer> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const request = { method: 'POST', path: '/v1/logs', headers, body }
  const answer = await rawRequest(receiver.otlpPort, request)
  const partial = [...wireFields(answer.body)].flatMap(({ bytes }) => [...wireFields(bytes)])
  return {
    status: answer.status,
    rejected: Number(partial.find(({ number }) => number === 1)?.integer ?? 0n),
    message: Buffer.from(partial.find(({ number }) => number === 2)?.bytes ?? []).toString(),
    checkpoint: 'grantlog-checkpoint' in answer.headers,
  }
}

interface SealedRecord {
  readonly leaf: { readonly id: string; readonly signature: string }
  readonly observation: ReturnType<typeof decodeObservation>
  readonly form: JsonObject
  readonly slots: Readonly<Record<string, JsonObject>>
  readonly text: string
}

/** The log records of the ledger, decrypted. */
async function sealed(): Promise<SealedRecord[]> {
  const reader = await openReader(folders)
  const records: SealedRecord[] = []
  for await (const { entries } of reader.frames(0)) {
    for (const { entry, leaf, logOpenings, stored } of entries) {
      if (leaf.type !== 'log' || stored.kind !== 'log') continue
      const openings = logOpenings()
      const parts = [stored.canonical, stored.observation, ...openings.map((one) => one.opening)]
      records.push({
        leaf,
        observation: decodeObservation(stored.observation),
        form: openLog(stored.canonical).form,
        slots: Object.fromEntries(
          openings.map(({ opening, slot }) => [slot, openLogSlot(opening, slot)]),
        ),
        text: Buffer.concat([entry, ...parts]).toString(),
      })
    }
  }
  await reader.close()
  return records
}

async function verify() {
  const reader = await openReader(folders)
  const { logKey } = reader
  await reader.close()
  const { findings, logs } = await audit({ folders, logKey })
  return { findings, logs }
}

const numbered = (n: number, change: Fields = {}): Fields => ({
  ...deletion,
  ...change,
  attributes: {
    ...deletion.attributes,
    'audit.record.id': `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`,
    ...change.attributes,
  },
})

test('the SDK of OpenTelemetry sends one; it is sealed, and verifies', async () => {
  const harness = await startHarness({ data })
  const url = `http://127.0.0.1:${harness.receiver.otlpPort}/v1/logs`
  const provider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url }) })],
  })
  provider.getLogger('billing').emit({
    eventName: 'document.deleted',
    body: 'alice deleted invoice 17',
    attributes: {
      'audit.record.id': '019aaf25-0c00-7000-8000-00000000a001',
      'audit.action': 'document.delete',
      'audit.outcome': 'success',
      'user.id': 'alice',
      'user.roles': ['admin', 'clerk'],
    },
  })
  await provider.forceFlush()
  await provider.shutdown()
  expect(harness.receiver.status().logs).toMatchObject({ audit: 1, committed: 1, refused: 0 })
  await harness.close()
  const [record] = await sealed()
  expect(record).toMatchObject({
    leaf: { id: '019aaf25-0c00-7000-8000-00000000a001', signature: 'none' },
    observation: { caller: 'local', proof: 'address', signature: 'none', signer: '' },
    form: { eventName: 'document.deleted', redacted: [] },
    slots: {
      body: { body: { stringValue: 'alice deleted invoice 17' } },
      user: { 'user.id': { stringValue: 'alice' } },
    },
  })
  expect(await verify()).toEqual({ findings: [], logs: 1 })
})

test('log records have the limits of the main tenant, as spans have', async () => {
  const mainLimits = { requestsPerSecond: 1 }
  await using harness = await startHarness({ data, mainLimits, uptimeMs: () => 0 })
  const body = encodeLogs([deletion])
  expect(await send(harness, body)).toMatchObject({ status: 200 })
  const again = await rawRequest(harness.receiver.otlpPort, {
    ...{ method: 'POST', path: '/v1/logs', body },
    headers: { 'content-type': 'application/x-protobuf' },
  })
  expect(again).toMatchObject({ status: 429, headers: { 'retry-after': '1' } })
  expect(harness.receiver.status()).toMatchObject({
    limited: { rate: 1 },
    logs: { committed: 1, duplicates: 0 },
  })
})

test('in JSON it is the same record, and what is refused is told in JSON', async () => {
  await using harness = await startHarness({ data })
  const id = '019aaf25-0c00-7000-8000-00000000a001'
  const attributes = [
    { key: 'audit.record.id', value: { stringValue: id } },
    { key: 'n', value: { intValue: '9007199254740993' } },
  ]
  const logRecords = [
    { timeUnixNano: '1795467600123456789', eventName: 'e', attributes },
    { attributes: [...attributes, ...attributes] },
  ]
  const json = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }
  const answer = await rawRequest(harness.receiver.otlpPort, {
    ...{ method: 'POST', path: '/v1/logs', headers: { 'content-type': 'application/json' } },
    body: Buffer.from(JSON.stringify(json)),
  })
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.body.toString())).toMatchObject({
    partialSuccess: { rejectedLogRecords: '1' },
  })
  const asProtobuf = encodeLogs(
    [
      {
        time: 1_795_467_600_123_456_789n,
        event: 'e',
        attributes: { 'audit.record.id': id, n: 9_007_199_254_740_993n },
      },
    ],
    { resource: {}, scope: '' },
  )
  expect(await send(harness, asProtobuf)).toMatchObject({ rejected: 0 })
  expect(harness.receiver.status().logs).toMatchObject({ committed: 1, duplicates: 1, refused: 1 })
})

describe('once each', () => {
  test('sent again it is a duplicate; other words under its id are a conflict', async () => {
    {
      await using harness = await startHarness({ data })
      const body = encodeLogs([numbered(1), numbered(2)])
      const taken = { status: 200, rejected: 0, message: '', checkpoint: true }
      expect(await send(harness, body)).toEqual(taken)
      expect(await send(harness, body)).toEqual(taken)
    }
    await using harness = await startHarness({ data })
    const changed = numbered(2, { body: 'bob deleted invoice 17' })
    const answer = await send(harness, encodeLogs([numbered(1), changed, numbered(3)]))
    expect(answer).toMatchObject({ status: 200, rejected: 1 })
    expect(answer.message).toMatch(/^CONFLICT: .*\(1 log record\)$/)
    expect(harness.receiver.status().logs).toMatchObject({
      ...{ audit: 3, committed: 1, duplicates: 1, refused: 1 },
    })
    expect(await sealed()).toHaveLength(3)
  })

  test.each<[string, Value | undefined]>([
    ['no UUID', 'order-17/3'],
    ['no text', 17n],
    ['none', undefined],
  ])('also where the id is %s, and a leaf tells nothing of it', async (_, id) => {
    const { 'audit.record.id': __, ...rest } = deletion.attributes!
    const own = id === undefined ? {} : { 'audit.record.id': id }
    const signed = { ...own, 'audit.integrity.value': 'AAAA' }
    const body = encodeLogs([{ ...deletion, attributes: { ...rest, ...signed } }])
    for (let start = 0; start < 2; start++) {
      await using harness = await startHarness({ data })
      expect(await send(harness, body)).toMatchObject({ rejected: 0 })
    }
    const records = await sealed()
    expect(records).toHaveLength(1)
    expect(records[0]!.leaf.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab]/)
    expect(records[0]!.leaf.signature).toBe('unverified')
    expect((await verify()).findings).toEqual([])
  })
})

test('a request of more than one turn is taken whole, in order', async () => {
  const count = 2 * LOGS_PER_COMMIT + 1
  await using harness = await startHarness({ data })
  const logs = Array.from({ length: count }, (_, n) => numbered(n))
  expect(await send(harness, encodeLogs(logs))).toMatchObject({ status: 200, rejected: 0 })
  const ids = (await sealed()).map(({ leaf }) => leaf.id)
  expect(ids).toEqual(logs.map(({ attributes }) => attributes!['audit.record.id']))
})

test('a malformed one harms no other, is kept aside, and leaves a trace in the log', async () => {
  const harness = await startHarness({ data })
  const bad = numbered(1, { traceId: Buffer.of(1, 2, 3) })
  const answer = await send(harness, encodeLogs([bad, numbered(2)]))
  expect(answer).toMatchObject({ status: 200, rejected: 1 })
  expect(answer.message).toMatch(/^MALFORMED: .*\(1 log record\)$/)
  expect(harness.receiver.status().quarantine).toMatchObject({ entries: 1 })
  expect(harness.events).toContainEqual(
    expect.objectContaining({ code: 'LOGS_REFUSED', reason: 'MALFORMED', caller: 'local' }),
  )
  await harness.close()
  expect(await sealed()).toHaveLength(1)
  const reader = await openReader(folders)
  const types: string[] = []
  for await (const { entries } of reader.frames(0)) types.push(...entries.map((e) => e.leaf.type))
  await reader.close()
  expect(types.toSorted()).toEqual(['log', 'refusals'])
})

test('no secret of a record is stored, and the record says where one was', async () => {
  const jwt = `eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ`
  const secrets = [jwt, 'hunter2-hunter2', 'Zm9vOmJhcg==', 'rt-8f3kq02mfPq1Zx', 'Ax7Kq9Lm2Pz8Wq4T']
  const [, password, basic, refresh, code] = secrets as [string, string, string, string, string]
  await using harness = await startHarness({ data })
  const log = numbered(1, {
    body: { said: `token is ${jwt}`, inner: [{ password }] },
    attributes: {
      'http.request.header.authorization': `Basic ${basic}`,
      'url.full': `https://x.example/cb?code=${code}&a=1`,
      'app.refresh_token': refresh,
      'grantlog.verdict': 'verified',
      'app.note': 'fine',
    },
  })
  expect(await send(harness, encodeLogs([log]))).toMatchObject({ rejected: 0 })
  const [record] = await sealed()
  for (const secret of secrets) expect(record!.text).not.toContain(secret)
  expect(record!.form.redacted).toEqual([
    'attributes.app.refresh_token',
    'attributes.grantlog.verdict',
    'attributes.http.request.header.authorization',
    'attributes.url.full',
    'body',
  ])
  expect(record!.slots.unregistered).toMatchObject({
    'app.note': { stringValue: 'fine' },
    'app.refresh_token': { stringValue: 'REDACTED' },
  })
  expect(record!.text).not.toContain('grantlog.verdict":')
})

test('a log record makes no session that of another person', async () => {
  await using harness = await startHarness({ data })
  const session = { 'session.id': 'p1.Zk3vQ0c8N1bqYw5uXJt2eg' }
  const { 'user.id': _, 'audit.actor.id': __, ...nobody } = deletion.attributes!
  const before = { ...deletion, attributes: { ...nobody, ...session } }
  const other = numbered(2, { attributes: { ...session, 'user.id': 'mallory' } })
  expect(await send(harness, encodeLogs([before, other]))).toMatchObject({ rejected: 0 })
  const { keystore } = harness.ledger
  const keyOf = (name: string) => Buffer.from(keystore.subjectKey(name).id).toString('hex')
  expect(keyOf(`session ${session['session.id']}`)).not.toBe(keyOf('user mallory'))
})

describe('signed by a signingprocessor', () => {
  const { raw } = new X509Certificate(testCertificate)
  const fingerprint = createHash('sha256').update(raw).digest('hex')
  const resource = {
    'service.name': 'billing',
    'audit.integrity.algorithm': 'ES256',
    'audit.integrity.certificate': `sha256:${fingerprint}`,
  }

  function signed(fields: Fields): Fields {
    const [log] = decodeLogsRequest(encodeLogs([fields], { resource })).logs()
    const value = sign('sha256', signedForm(log as LogRecord), testKey).toString('base64')
    return { ...fields, attributes: { ...fields.attributes, 'audit.integrity.value': value } }
  }

  const body = encodeLogs([signed(numbered(1)), { ...signed(numbered(2)), body: 'bob did it' }], {
    resource,
  })

  test('by a known one: it is named, and what was changed since is refused', async () => {
    await mkdir(join(folders.keys, 'log-signers'))
    await writeFile(join(folders.keys, 'log-signers', 'gateway.pem'), testCertificate)
    await using harness = await startHarness({ data })
    const answer = await send(harness, body)
    expect(answer).toMatchObject({ status: 200, rejected: 1 })
    expect(answer.message).toMatch(/^ALTERED: .*\(1 log record\)$/)
    const records = await sealed()
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({
      leaf: { signature: 'signed' },
      observation: { caller: 'local', signature: 'signed', signer: 'gateway' },
    })
  })

  test('by one that nobody configured: it is unverified', async () => {
    await using harness = await startHarness({ data })
    expect(await send(harness, body)).toMatchObject({ rejected: 0 })
    const signatures = (await sealed()).map(({ leaf }) => leaf.signature)
    expect(signatures).toEqual(['unverified', 'unverified'])
  })
})

test('what is many times the body with its resource goes to sinks in parts', async () => {
  const sink = await startSink()
  try {
    const limits = { bodyBytes: 2 * 1024 * 1024 }
    const sinks = [{ name: 'collector', url: sink.url }]
    await using harness = await startHarness({ data, limits, sinks })
    const logs = Array.from({ length: 800 }, (_, n) => numbered(n))
    const resource = { 'service.name': 'billing', pods: 'x'.repeat(3_500) }
    const body = encodeLogs(logs, { resource })
    expect(await send(harness, body)).toMatchObject({ status: 200, rejected: 0 })
    await eventually(() => harness.receiver.status().sinks[0]!.lag.logs === 0)
    const indexes = sink.taken.flatMap((taken) => decodeLogsRequest(taken).auditLogs)
    expect(indexes.reduce((sum, count) => sum + count, 0)).toBe(800)
  } finally {
    await sink.close()
  }
})

test('sinks get the others as they are, the sealed with marks and nothing personal', async () => {
  const sink = await startSink()
  await using harness = await startHarness({ data, sinks: [{ name: 'collector', url: sink.url }] })
  const app = { body: 'started', attributes: { a: 1.5 } }
  expect(await send(harness, encodeLogs([app, deletion]))).toMatchObject({ rejected: 0 })
  const rest = Buffer.from(encodeLogs([app]))
  const came = (text: string | Buffer): boolean => Buffer.concat(sink.taken).includes(text)
  await sink.until(() => came('grantlog.index') && came(rest))
  const taken = Buffer.concat(sink.taken)
  expect(taken.includes(rest)).toBe(true)
  const all = taken.toString()
  for (const there of ['document.delete', 'observed', 'example.com/log', 'audit.slot.user']) {
    expect(all).toContain(there)
  }
  for (const personal of ['alice', '203.0.113.7', 'invoice']) expect(all).not.toContain(personal)
  expect(all).not.toContain('verified')
  await sink.close()
})
