// Guarantee: whatever is sent to the OTLP port, only well-formed requests of this machine's
// programs pass; every other is answered with its own 4xx or 503, and the next request is served.
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { concat } from '@grantlog/record'
import { wireFields } from '@grantlog/record/otlp'
import { type Harness, rawRequest, startHarness, wireField } from '../../test/harness.ts'
import { LIMITS } from '../limits.ts'
import { createAdmission } from './admission.ts'
import {
  createProducer,
  plainBody,
  recordSpan,
  recordSpans,
  signedBody,
} from '../../test/producer.ts'

const BODY_BYTES = 16_384
const ALL = 'gzip, deflate, zstd'
const producer = createProducer()
const type = { 'content-type': 'application/x-protobuf' }
let harness: Harness
let port: number

beforeAll(async () => {
  const limits = { bodyBytes: BODY_BYTES, inFlightBytes: 2 * BODY_BYTES }
  harness = await startHarness({ producers: [producer], limits })
  port = harness.receiver.otlpPort
})
afterAll(() => harness.close())

/** A body of exactly so many bytes: an unknown field, which is skipped. */
function bodyOf(bytes: number): Uint8Array {
  return wireField(1000, new Uint8Array(bytes - 4))
}

describe('who may talk', () => {
  const post = (headers: Record<string, string>, path = '/v1/traces', method = 'POST') =>
    rawRequest(port, { method, path, headers: { ...type, ...headers }, body: plainBody() })

  test.each([
    ['a web page', { origin: 'http://127.0.0.1:3000' }, 403],
    ['a name that was rebound to this address', { host: 'evil.example:4318' }, 403],
    ['localhost', { host: `localhost:4318` }, 200],
    ['an IPv6 loopback', { host: '[::1]:4318' }, 200],
    ['protobuf that calls itself JSON', { 'content-type': 'application/json' }, 400],
    ['JSON in another charset', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['gRPC at the wrong port', { 'content-type': 'application/grpc' }, 415],
    ['protobuf with a parameter', { 'content-type': 'application/x-protobuf; charset=utf-8' }, 200],
    ['another protobuf', { 'content-type': 'application/x-protobuf2' }, 415],
    ['what is not zstd', { 'content-encoding': 'zstd' }, 400],
    ['snappy', { 'content-encoding': 'snappy' }, 415],
    ['gzip twice', { 'content-encoding': 'gzip, gzip' }, 415],
    ['identity', { 'content-encoding': 'identity' }, 200],
  ])('%s', async (_who, sent, status) => {
    const headers = sent as Record<string, string>
    const answer = await post(headers)
    expect(answer.status).toBe(status)
    const isJson = headers['content-type'] === 'application/json'
    const form = isJson ? 'application/json' : 'application/x-protobuf'
    expect(answer.headers['content-type']).toBe(form)
    const accepted = answer.headers['accept-encoding']
    expect(accepted).toBe(/snappy|,/.test(headers['content-encoding'] ?? '') ? ALL : undefined)
  })

  test('another path is 404, another method 405 with Allow', async () => {
    expect((await post({}, '/v1/profiles')).status).toBe(404)
    expect((await post({}, '/constructor')).status).toBe(404)
    const get = await post({}, '/v1/traces', 'PUT')
    expect([get.status, get.headers.allow]).toEqual([405, 'POST'])
    const query = await post({}, '/grantlog/v1/consistency?from=0&to=0')
    expect([query.status, query.headers.allow]).toEqual([405, 'GET'])
  })

  test('an error is a google.rpc.Status that says what to do', async () => {
    const answer = await harness.send(plainBody(), { 'content-type': 'text/plain' })
    expect(answer.message).toMatch(/^RECEIVER_TYPE_REFUSED: .*application\/json in UTF-8/)
  })
})

describe('limits', () => {
  test.each([
    ['at the limit', BODY_BYTES, 200],
    ['over it', BODY_BYTES + 1, 413],
  ])('a body %s', async (_what, bytes, status) => {
    const body = bodyOf(bytes)
    expect(body).toHaveLength(bytes)
    expect((await harness.send(body)).status).toBe(status)
    const zipped = gzipSync(body)
    expect((await harness.send(zipped, { 'content-encoding': 'gzip' })).status).toBe(status)
    const headers = { ...type, 'transfer-encoding': 'chunked' }
    const chunked = { method: 'POST', path: '/v1/traces', headers, body }
    expect((await rawRequest(port, chunked)).status).toBe(status)
  })

  test('a bomb is cut off', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    expect(bomb.length).toBeLessThan(BODY_BYTES)
    expect((await harness.send(bomb, { 'content-encoding': 'gzip' })).status).toBe(413)
  })

  test('what is not gzip is 400', async () => {
    const answer = await harness.send(plainBody(), { 'content-encoding': 'gzip' })
    expect(answer.status).toBe(400)
    const cut = gzipSync(plainBody()).subarray(0, -9)
    expect((await harness.send(cut, { 'content-encoding': 'gzip' })).status).toBe(400)
  })

  test('bodies beyond the bytes in flight are told to come back, and then may', async () => {
    const half = await holdBody(BODY_BYTES - 1)
    const second = await holdBody(BODY_BYTES - 1)
    const refused = await harness.send(plainBody())
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    second.destroy()
    half.destroy()
    await untilFree()
    expect((await harness.send(plainBody())).status).toBe(200)
  })

  test('a client that goes away in the middle leaves nothing behind', async () => {
    const held = await holdBody(100)
    held.destroy()
    await untilFree()
    expect(harness.receiver.status().inFlightBytes).toBe(0)
  })

  test('a slow request is cut off', async () => {
    const limits = { requestTimeoutMs: 100, headersTimeoutMs: 100 }
    await using own = await startHarness({ limits })
    const socket = connect(own.receiver.otlpPort, '127.0.0.1')
    socket.write('POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n')
    const answer: Buffer[] = []
    for await (const chunk of socket) answer.push(chunk as Buffer)
    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1\.1 408/)
  })

  test('what was only announced shuts out nobody', async () => {
    const held = []
    for (let at = 0; at < 4; at++) held.push(await holdBody(1, BODY_BYTES))
    expect((await harness.send(plainBody())).status).toBe(200)
    for (const socket of held) socket.destroy()
    await untilFree()
  })

  test('what gzip inflates to is in flight too', async () => {
    const own = await startHarness({ limits: { bodyBytes: 1_000_000, inFlightBytes: 100_000 } })
    const headers = { 'content-encoding': 'gzip' }
    const answer = await own.send(gzipSync(bodyOf(500_000)), headers)
    expect(answer).toMatchObject({ status: 503 })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(own.receiver.status().inFlightBytes).toBe(0)
    expect((await own.send(gzipSync(bodyOf(50_000)), headers)).status).toBe(200)
    await own.close()
  })

  test('only so many inflate at a time', async () => {
    const { inflate, release } = createAdmission({ ...LIMITS, inflations: 1 }).enter()
    const first = Promise.withResolvers<number>()
    const under = inflate(() => first.promise)
    await expect(inflate(async () => 2)).rejects.toMatchObject({ code: 'RECEIVER_BUSY' })
    first.resolve(1)
    expect([await under, await inflate(async () => 3)]).toEqual([1, 3])
    release()
  })

  /** A request that announced one byte more than the `bytes` that it has sent. */
  async function holdBody(bytes: number, announced = bytes + 1) {
    const before = harness.receiver.status().inFlightBytes
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n' +
        `Content-Length: ${announced}\r\n\r\n${'x'.repeat(bytes)}`,
    )
    while (harness.receiver.status().inFlightBytes < before + bytes) await tick()
    return socket
  }

  async function untilFree(): Promise<void> {
    while (harness.receiver.status().inFlightBytes > 0) await tick()
  }
})

describe('hostile bodies', () => {
  const good = signedBody(producer, recordSpans(3, 1000))
  const nested = (depth: number): Uint8Array => {
    let value: Uint8Array = wireField(1, Buffer.from('x'))
    for (let at = 0; at < depth; at++) value = wireField(5, wireField(1, value))
    const attribute = concat(wireField(1, Buffer.from('a')), wireField(2, value))
    return wireField(1, wireField(1, attribute))
  }

  test.each<[string, Uint8Array]>([
    ['a length beyond the body', Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0x07)],
    ['a length of 2^63', Uint8Array.of(0x0a, ...Array<number>(8).fill(0xff), 0x7f)],
    ['a varint without end', new Uint8Array(64).fill(0xff)],
    ['a group', Uint8Array.of(0x0b)],
    ['field number 0', Uint8Array.of(0x02, 0x00)],
    ['a wrong wire type', Uint8Array.of(0x08, 0x01)],
    ['a body cut in the middle', good.subarray(0, good.length / 2)],
    ['a body without its last byte', good.subarray(0, -1)],
    ['values nested too deep', wireField(1, concat(nested(500), [...wireFields(good)][0]!.bytes))],
    ['text', Buffer.from('{"resourceSpans":[]}')],
  ])('%s is 400', async (_what, body) => {
    expect((await harness.send(body)).status).toBe(400)
  })

  test('an empty body is an empty request', async () => {
    expect(await harness.send(new Uint8Array())).toMatchObject({ status: 200, rejected: 0 })
  })

  test('a body of nothing but tiny scopes is refused or taken, and does not hang', async () => {
    const scope = wireField(2, wireField(1, wireField(1, Buffer.from('@grantlog/x'))))
    const many = wireField(1, concat(...Array<Uint8Array>(800).fill(scope)))
    expect((await harness.send(many)).status).toBe(200)
  })

  test('random bytes and mutations of a good body never get past 4xx or a refusal', async () => {
    const random = seeded(4318)
    const statuses = new Set<number>()
    for (let round = 0; round < 400; round++) {
      const answer = await harness.send(round % 8 === 0 ? noise(random) : mutate(good, random))
      statuses.add(answer.status)
      expect([200, 400]).toContain(answer.status)
    }
    expect([...statuses].sort((a, b) => a - b)).toEqual([200, 400])
    expect(harness.events.filter(({ code }) => code === 'RECEIVER_INTERNAL')).toEqual([])
    // What was committed is what was signed, and nothing else: the same three records.
    const again = await harness.send(good)
    expect(again).toMatchObject({ status: 200, rejected: 0 })
    const { committed, duplicates, refused } = harness.receiver.status()
    expect(committed).toBe(3)
    expect(duplicates).toBeGreaterThan(0)
    expect(refused.CONFLICT).toBe(0)
    expect((await harness.send(signedBody(producer, [recordSpan(2000)]))).rejected).toBe(0)
  })
})

type Random = (below: number) => number

/** mulberry32: the same numbers for the same seed. */
function seeded(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function noise(random: Random): Uint8Array {
  return Uint8Array.from({ length: 1 + random(300) }, () => random(256))
}

/** One to three changes: a flipped bit, a removed, doubled or replaced stretch. */
function mutate(body: Uint8Array, random: Random): Uint8Array {
  let mutated = Buffer.from(body)
  for (let change = 0; change <= random(3); change++) {
    const at = random(mutated.length)
    const end = Math.min(mutated.length, at + 1 + random(16))
    const [head, part, tail] = [
      mutated.subarray(0, at),
      mutated.subarray(at, end),
      mutated.subarray(end),
    ]
    const kind = random(4)
    if (kind === 0) mutated[at]! ^= 1 << random(8)
    else if (kind === 1) mutated = Buffer.concat([head, tail])
    else if (kind === 2) mutated = Buffer.concat([head, part, part, tail])
    else mutated = Buffer.concat([head, noise(random).subarray(0, part.length), tail])
  }
  return mutated
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
