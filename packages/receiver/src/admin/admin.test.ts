// Guarantee: the admin port is a tlog-tiles log that anybody can check, read only, for this
// machine.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ed25519Verify, sha256 } from '@grantlog/ledger'
import {
  checkInclusion,
  decodeEntries,
  ed25519Verifier,
  leafHash,
  openCheckpoint,
  proveInclusion,
  tilePath,
  tileReader,
} from '@grantlog/tlog'
import { type Harness, rawRequest, startHarness } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'

const producer = createProducer()
let harness: Harness

beforeAll(async () => {
  harness = await startHarness({ producers: [producer] })
  await harness.send(signedBody(producer, recordSpans(300)))
  await harness.ledger.settle()
})
afterAll(() => harness.close())

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  rawRequest(harness.receiver.adminPort, { path, headers, method })

test('checkpoint and tiles prove a record, by HTTP alone', async () => {
  const note = await get('/checkpoint')
  expect(note.headers).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  })
  const verifier = ed25519Verifier(harness.ledger.logKey, sha256, ed25519Verify)
  const checkpoint = openCheckpoint(note.body, { origin: 'example.com/log', verifiers: [verifier] })
  expect(checkpoint.size).toBe(303)
  const readTile = async ({
    level,
    index,
    width,
  }: {
    level: number
    index: number
    width: number
  }) => (await get(`/${tilePath(level, index, width)}`)).body
  const reader = tileReader({ sha256, size: 303, readTile })
  const entries = decodeEntries((await get('/tile/entries/001.p/47')).body)
  expect(entries).toHaveLength(47)
  const index = 256 + 10
  const proof = await proveInclusion(reader, index, 303)
  const leaf = leafHash(sha256, entries[10]!)
  checkInclusion({ sha256, index, size: 303, leafHash: leaf, root: checkpoint.root, proof })
})

describe('tiles', () => {
  test('are immutable and octets', async () => {
    const { headers, status } = await get('/tile/0/000')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/octet-stream')
    expect(headers['cache-control']).toMatch(/immutable/)
  })

  test('of any narrower width are the beginning of what is there', async () => {
    const full = (await get('/tile/0/000')).body
    expect((await get('/tile/0/000.p/5')).body).toEqual(full.subarray(0, 160))
    const partial = (await get('/tile/0/001.p/47')).body
    expect((await get('/tile/0/001.p/46')).body).toEqual(partial.subarray(0, 46 * 32))
    const bundle = (await get('/tile/entries/001.p/47')).body
    const narrow = (await get('/tile/entries/001.p/3')).body
    expect(decodeEntries(narrow)).toEqual(decodeEntries(bundle).slice(0, 3))
  })

  test.each([
    '/tile/0/001.p/48',
    '/tile/0/001',
    '/tile/0/002.p/1',
    '/tile/0/1',
    '/tile/0/000.p/256',
    '/tile/entries/../../../keys/root.key',
    '/tile/..%2f..%2fkeys%2froot.key',
    '/tile/entries/%2e%2e/checkpoint',
    '/tile/',
    '/keys/root.key',
  ])('%s is not there', async (path) => {
    expect((await get(path)).status).toBe(404)
  })
})

describe('who may ask', () => {
  test.each([
    [{ origin: 'http://localhost' }, 403],
    [{ host: 'evil.example' }, 403],
    [{ host: 'localhost:1' }, 200],
  ])('%j is %i', async (headers, status) => {
    expect((await get('/healthz', headers as Record<string, string>)).status).toBe(status)
  })

  test('nobody may write', async () => {
    const { headers, status } = await get('/checkpoint', {}, 'POST')
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD'])
  })
})

test('a slow request is cut off, and connections are counted', async () => {
  const limits = { requestTimeoutMs: 100, headersTimeoutMs: 100, connections: 1 }
  await using own = await startHarness({ limits })
  const socket = connect(own.receiver.adminPort, '127.0.0.1')
  await once(socket, 'connect')
  const second = connect(own.receiver.adminPort, '127.0.0.1').on('error', () => undefined)
  await once(second, 'close')
  socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n')
  const answer: Buffer[] = []
  for await (const chunk of socket) answer.push(chunk as Buffer)
  expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 408/)
})

test('readyz counts what came and where it is', async () => {
  const { body, headers, status } = await get('/readyz')
  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('no-store')
  expect(JSON.parse(body.toString())).toMatchObject({
    ready: true,
    received: 300,
    committed: 300,
    size: 303,
    published: 303,
    sinks: [],
  })
})
