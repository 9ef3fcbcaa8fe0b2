// Guarantee: who sends audit log records gets a receipt for each that is sealed, whatever protocol
// it speaks; the receipt names the ids it sent and their leaves, and nothing that was refused.
import { beforeEach, expect, test } from '@jest/globals'
import { decodeLeaf, ed25519Verify, openReceipt, type Receipt, sha256 } from '@grantlog/ledger'
import { logsRoot } from '@grantlog/record'
import { deletion, encodeLogs, type Fields } from '@grantlog/record/testing'
import { ed25519Verifier } from '@grantlog/tlog'
import { grpcClient } from '../test/grpc-client.ts'
import { type Harness, newData, rawRequest, startHarness } from '../test/harness.ts'

const idOf = (n: number): string => `019aaf25-0c00-7000-8000-${String(n).padStart(12, '0')}`

function deletionOf(id: string | undefined, more: Fields = {}): Fields {
  const { 'audit.record.id': _, ...rest } = deletion.attributes!
  const own = id === undefined ? { 'audit.integrity.value': 'AAAA' } : { 'audit.record.id': id }
  return { ...deletion, attributes: { ...rest, ...own }, ...more }
}

const anyValue = (stringValue: string) => ({ stringValue })

/** The same as OTLP/JSON. */
const jsonOf = (ids: readonly string[]): Buffer => {
  const logRecords = ids.map((id) => ({
    eventName: 'document.deleted',
    attributes: [{ key: 'audit.record.id', value: anyValue(id) }],
  }))
  return Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))
}

let data: string
beforeEach(async () => {
  data = await newData()
})

/** As whoever checks evidence reads them: with the public key alone. */
function opened({ ledger }: Harness, header: unknown): Receipt[] {
  const verifier = ed25519Verifier(ledger.receiptKey, sha256, ed25519Verify)
  const notes = typeof header === 'string' ? header.split(', ') : []
  return notes.map((note) => openReceipt(Buffer.from(note, 'base64'), verifier))
}

async function post({ receiver }: Harness, type: string, body: Uint8Array) {
  const request = { method: 'POST', path: '/v1/logs', headers: { 'content-type': type }, body }
  return await rawRequest(receiver.otlpPort, request)
}

const protobuf = 'application/x-protobuf'
const rootOf = (...ids: string[]): string => Buffer.from(logsRoot(ids, sha256)).toString('base64')

async function idAt({ ledger }: Harness, index: number): Promise<string> {
  const leaf = decodeLeaf(await ledger.entry(index))
  return leaf.type === 'log' ? leaf.id : leaf.type
}

/** Each number of a receipt is the place of an id that was sent, and its leaf has that id. */
async function requireLeaves(
  harness: Harness,
  receipts: readonly Receipt[],
  ids: readonly string[],
): Promise<number[]> {
  const covered: number[] = []
  for (const { firstIndex, firstSeq, lastSeq, origin, root } of receipts) {
    expect({ origin, root }).toEqual({ origin: 'example.com/log', root: rootOf(...ids) })
    for (let seq = firstSeq; seq <= lastSeq; seq++) {
      expect(await idAt(harness, firstIndex + seq - firstSeq)).toBe(ids[seq])
      covered.push(seq)
    }
  }
  return covered
}

test('over HTTP in protobuf and JSON, and over gRPC, they are the same', async () => {
  await using harness = await startHarness({ data, grpc: { port: 0 } })
  const ids = [1, 2, 3].map(idOf)
  const json = await post(harness, 'application/json', jsonOf(ids))
  expect(json.status).toBe(200)
  const header = json.headers['grantlog-receipt']
  expect(await requireLeaves(harness, opened(harness, header), ids)).toEqual([0, 1, 2])

  const fields = ids.map((id) => ({
    event: 'document.deleted',
    attributes: { 'audit.record.id': id },
  }))
  const body = encodeLogs(fields, { resource: {}, scope: '' })
  const again = await post(harness, protobuf, body)
  expect(again.headers['grantlog-receipt']).toBe(header)

  const client = grpcClient(harness.receiver.grpcPort!)
  const call = await client.call('logs', body)
  client.close()
  expect(call).toMatchObject({ code: 0, metadata: { 'grantlog-receipt': header } })
  expect(harness.receiver.status().logs).toMatchObject({ committed: 3, duplicates: 6 })
})

test('what is refused has no receipt, and what is beside it has its own', async () => {
  await using harness = await startHarness({ data })
  await post(harness, protobuf, encodeLogs([deletionOf(idOf(2))]))
  const conflicting = deletionOf(idOf(2), { body: 'bob did it' })
  const malformed = deletionOf(idOf(3), { traceId: Buffer.of(1) })
  const logs = [deletionOf(idOf(1)), conflicting, malformed, deletionOf(idOf(4))]
  const answer = await post(harness, protobuf, encodeLogs(logs))
  expect(answer.status).toBe(200)
  const receipts = opened(harness, answer.headers['grantlog-receipt'])
  // One that cannot be read has no id.
  const ids = [idOf(1), idOf(2), '', idOf(4)]
  expect(await requireLeaves(harness, receipts, ids)).toEqual([0, 3])
})

test('an id of any form is in it as it was sent', async () => {
  await using harness = await startHarness({ data })
  const body = encodeLogs([deletionOf('order-17/3'), deletionOf(undefined)])
  const answer = await post(harness, protobuf, body)
  const [receipt] = opened(harness, answer.headers['grantlog-receipt'])
  expect(receipt).toMatchObject({ root: rootOf('order-17/3', ''), firstSeq: 0, lastSeq: 1 })
})

test('what is not audit gets none, and no more are told than a response may have', async () => {
  const limits = { receiptsPerResponse: 1 }
  await using harness = await startHarness({ data, limits })
  const app = await post(harness, protobuf, encodeLogs([{ body: 'started' }]))
  expect(app.headers).not.toHaveProperty('grantlog-receipt')
  await post(harness, protobuf, encodeLogs([deletionOf(idOf(2))]))
  const logs = [1, 2, 3].map((n) => deletionOf(idOf(n)))
  const answer = await post(harness, protobuf, encodeLogs(logs))
  expect(opened(harness, answer.headers['grantlog-receipt'])).toHaveLength(1)
})

test('a receipt changed by a byte, or under another key, is none', async () => {
  await using harness = await startHarness({ data })
  const answer = await post(harness, protobuf, encodeLogs([deletionOf(idOf(1))]))
  const note = Buffer.from(answer.headers['grantlog-receipt'] as string, 'base64').toString()
  const changed = Buffer.from(note.replace('\n0-0\n', '\n0-1\n')).toString('base64')
  expect(() => opened(harness, changed)).toThrow()
  await using other = await startHarness()
  expect(() => opened(other, answer.headers['grantlog-receipt'])).toThrow()
})
