// Guarantee: over gRPC the receiver takes what it takes over HTTP, under the same limits, and says
// so as gRPC and OTLP do. The client is grpc-js, and node:http2 for what that would not send.
import { once } from 'node:events'
import { connect, constants, type ClientHttp2Session } from 'node:http2'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { concat } from '@grantlog/record'
import { wireFields } from '@grantlog/record/otlp'
import { type GrpcClient, grpcClient } from '../../test/grpc-client.ts'
import { eventually, type Harness, startHarness, wireField } from '../../test/harness.ts'
import { logsBody, metricsBody } from '../../test/other-signals.ts'
import {
  createProducer,
  plainBody,
  recordSpan,
  recordSpans,
  signedBody,
} from '../../test/producer.ts'
import { ReceiverError } from '../codes.ts'
import { MAX_TRAILER_BYTES, STREAM_RESETS } from '../limits.ts'
import { frameOf } from '../grpc-wire.ts'
import { messageIn, receiptsThatFit, signalOf, statusHeaders, timeoutOf } from './grpc.ts'

const BODY_BYTES = 16_384
const tracePath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const producer = createProducer()
let harness: Harness
let port: number
let client: GrpcClient

beforeAll(async () => {
  const limits = { bodyBytes: BODY_BYTES, inFlightBytes: 4 * BODY_BYTES }
  harness = await startHarness({ producers: [producer], limits, grpc: { port: 0 } })
  port = harness.receiver.grpcPort!
  client = grpcClient(port)
})
afterAll(async () => {
  client.close()
  await harness.close()
})

describe('a call', () => {
  test('of signed spans is committed, and has receipt and checkpoint in its trailers', async () => {
    const body = signedBody(producer, recordSpans(3))
    const answer = await client.call('traces', body)
    expect(answer).toMatchObject({ code: 0, body: Buffer.alloc(0) })
    const { receipts, headers } = await harness.send(body)
    expect(textOf(answer.metadata['grantlog-receipt'])).toBe(receipts[0])
    expect(textOf(answer.metadata['grantlog-checkpoint'])).toMatch(/^example.com\/log\n/)
    expect(headers.get('grantlog-receipt')).toBe(answer.metadata['grantlog-receipt'])
  })

  test('is answered with what it may be encoded in', async () => {
    expect((await raw({})).accepted).toBe('identity,gzip,deflate,zstd')
    expect((await raw({ 'grpc-encoding': 'snappy' })).accepted).toBe('identity,gzip,deflate,zstd')
  })

  test('of which a part is refused says so, and is a success', async () => {
    const stranger = signedBody(createProducer(), recordSpans(2))
    const answer = await client.call('traces', concat(stranger, plainBody()))
    expect(answer.code).toBe(0)
    const [partial] = [...wireFields(answer.body)]
    const [rejected, message] = [...wireFields(partial!.bytes)]
    expect(rejected!.integer).toBe(2n)
    expect(Buffer.from(message!.bytes).toString()).toMatch(/^UNKNOWN_KEY: /)
  })

  test('of logs and metrics is taken', async () => {
    expect((await client.call('logs', logsBody({ a: '1' }))).code).toBe(0)
    expect((await client.call('metrics', metricsBody(2))).code).toBe(0)
    expect(harness.receiver.status()).toMatchObject({
      logs: { discarded: 1 },
      metrics: { discarded: 2 },
    })
  })

  test.each([
    ['deflate', 1],
    ['gzip', 2],
  ])('compressed by grpc-js with %s', async (_name, algorithm) => {
    const own = grpcClient(port, { 'grpc.default_compression_algorithm': algorithm })
    const answer = await own.call('traces', signedBody(producer, recordSpans(8, 100)))
    expect([answer.code, answer.metadata['grantlog-receipt']]).toEqual([0, expect.any(String)])
    own.close()
  })

  test('not known is UNIMPLEMENTED', async () => {
    for (const path of ['/grpc.health.v1.Health/Check', `${tracePath}s`, '/constructor']) {
      const answer = await client.call(path, new Uint8Array())
      expect([answer.code, answer.details]).toEqual([12, expect.stringMatching(/PATH_UNKNOWN/)])
    }
  })

  test('of what is no OTLP is INVALID_ARGUMENT', async () => {
    for (const signal of ['traces', 'logs', 'metrics']) {
      const answer = await client.call(signal, Uint8Array.of(0x08, 0x01))
      expect([answer.code, answer.details]).toEqual([3, expect.stringMatching(/BODY_MALFORMED/)])
    }
  })

  test('of a key that is not enrolled is UNAVAILABLE, with when to come again', async () => {
    const answer = await client.call('traces', signedBody(createProducer(), recordSpans(1)))
    expect([answer.code, answer.details]).toEqual([14, expect.stringMatching(/KEY_UNKNOWN/)])
    const status = [...wireFields(answer.metadata['grpc-status-details-bin'] as Buffer)]
    const any = [...wireFields(status.find(({ number }) => number === 3)!.bytes)]
    expect(Buffer.from(any[0]!.bytes).toString()).toBe('type.googleapis.com/google.rpc.RetryInfo')
    expect(Buffer.from(any[1]!.bytes).toString('hex')).toBe('0a020801')
  })

  test('of a tenant that sends too much is RESOURCE_EXHAUSTED, with when to come again', () => {
    const error = new ReceiverError('RECEIVER_TENANT_BUSY', undefined, { retryAfterS: 5 })
    const { 'grpc-status': code, 'grpc-status-details-bin': details } = statusHeaders(error)
    expect(code).toBe('8')
    expect(Buffer.from(details!, 'base64').toString('hex')).toMatch(/0a020805$/)
  })

  test('from a web page, or to another host, is PERMISSION_DENIED', async () => {
    expect((await raw({ origin: 'http://127.0.0.1:3000' })).status).toBe('7')
    expect((await raw({ ':authority': 'evil.example' })).status).toBe('7')
    expect((await raw({ ':authority': 'localhost' })).status).toBe('0')
  })

  test('that is no gRPC has a status of HTTP', async () => {
    expect((await raw({ 'content-type': 'application/json' })).http).toBe(415)
    expect((await raw({ 'content-type': 'application/grpc+json' })).http).toBe(415)
    expect((await raw({ ':method': 'GET' })).http).toBe(405)
  })
})

describe('limits', () => {
  const bodyOf = (bytes: number): Uint8Array => wireField(1000, new Uint8Array(bytes - 4))

  test.each([
    ['at the limit', BODY_BYTES, 0],
    ['over it', BODY_BYTES + 1, 8],
  ])('a message %s', async (_what, bytes, code) => {
    expect(bodyOf(bytes)).toHaveLength(bytes)
    expect((await client.call('traces', bodyOf(bytes))).code).toBe(code)
    const zipped = grpcClient(port, { 'grpc.default_compression_algorithm': 2 })
    expect((await zipped.call('traces', bodyOf(bytes))).code).toBe(code)
    zipped.close()
    expect(harness.receiver.status().inFlightBytes).toBe(0)
  })

  test('a message that is announced too large is not waited for', async () => {
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(BODY_BYTES + 1, 1)
    expect((await raw({}, [prefix], { end: false })).status).toBe('8')
  })

  test('encodings that are not known, and messages that are not one', async () => {
    const good = frameOf(plainBody())
    const zipped = (bytes: Buffer): Buffer => {
      const frame = frameOf(bytes)
      frame[0] = 1
      return frame
    }
    const status = async (body: Buffer, encoding?: string): Promise<string | undefined> =>
      (await raw(encoding === undefined ? {} : { 'grpc-encoding': encoding }, [body])).status
    expect(await status(good, 'snappy')).toBe('12')
    expect(await status(good, 'gzip,gzip')).toBe('12')
    expect(await status(good, 'gzip')).toBe('0')
    const compress = { gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync }
    for (const [name, each] of Object.entries(compress)) {
      expect(await status(zipped(each(plainBody())), name)).toBe('0')
    }
    expect(await status(zipped(gzipSync(plainBody())))).toBe('3')
    expect(await status(zipped(Buffer.from('none')), 'gzip')).toBe('3')
    expect(await status(Buffer.concat([good, good]))).toBe('3')
    expect(await status(good.subarray(0, -1))).toBe('3')
    expect(await status(Buffer.alloc(0))).toBe('3')
    expect(await status(Buffer.concat([Buffer.of(2), good.subarray(1)]))).toBe('3')
  })

  test('a call that is late is DEADLINE_EXCEEDED, by its own time or by ours', async () => {
    const never = Promise.withResolvers<void>()
    await using own = await startHarness({
      producers: [producer],
      grpc: { port: 0 },
      limits: { headersTimeoutMs: 50, requestTimeoutMs: 50 },
      override: (ledger) => ({
        async commit(batch) {
          await never.promise
          return ledger.commit(batch)
        },
      }),
    })
    const to = own.receiver.grpcPort!
    expect((await raw({}, [Buffer.of(0)], { end: false, port: to })).status).toBe('4')
    const late = raw({ 'grpc-timeout': '20m' }, [frameOf(signedBody(producer, [recordSpan(1)]))], {
      port: to,
    })
    expect((await late).status).toBe('4')
    expect((await raw({ 'grpc-timeout': 'soon' })).status).toBe('3')
    never.resolve()
    await eventually(() => own.receiver.status().committed === 1)
  })

  test('a client that goes away in the middle leaves nothing behind', async () => {
    const session = connect(`http://127.0.0.1:${port}`)
    const stream = session.request(headersOf({}))
    stream.on('error', () => undefined)
    stream.write(Buffer.alloc(100))
    await eventually(() => harness.receiver.status().inFlightBytes === 100)
    stream.close(constants.NGHTTP2_CANCEL)
    await eventually(() => harness.receiver.status().inFlightBytes === 0)
    session.destroy()
  })

  test('a connection that cancels calls without end is closed', async () => {
    const session = connect(`http://127.0.0.1:${port}`)
    session.on('error', () => undefined)
    let sent = 0
    for (; sent < 4 * STREAM_RESETS.burst && !session.destroyed; sent++) {
      const stream = session.request(headersOf({}))
      stream.on('error', () => undefined)
      stream.close(constants.NGHTTP2_CANCEL)
      if (sent % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(session.destroyed).toBe(true)
    expect(sent).toBeLessThan(4 * STREAM_RESETS.burst)
    expect((await client.call('traces', plainBody())).code).toBe(0)
  })

  test('an idle connection is closed', async () => {
    await using own = await startHarness({ grpc: { port: 0 }, limits: { idleTimeoutMs: 50 } })
    const session = connect(`http://127.0.0.1:${own.receiver.grpcPort!}`)
    await closing(session)
  })

  test('only so many connections', async () => {
    await using own = await startHarness({ grpc: { port: 0 }, limits: { connections: 1 } })
    const first = grpcClient(own.receiver.grpcPort!)
    expect((await first.call('traces', plainBody())).code).toBe(0)
    const second = connect(`http://127.0.0.1:${own.receiver.grpcPort!}`)
    second.on('error', () => undefined)
    await closing(second)
    first.close()
  })

  test('what is in flight is one for both ports', async () => {
    const held: ClientHttp2Session[] = []
    for (let at = 0; at < 4; at++) {
      const session = connect(`http://127.0.0.1:${port}`)
      const stream = session.request(headersOf({}))
      stream.on('error', () => undefined)
      const prefix = Buffer.alloc(5)
      prefix.writeUInt32BE(BODY_BYTES, 1)
      stream.write(Buffer.concat([prefix, Buffer.alloc(BODY_BYTES - 6)]))
      held.push(session)
    }
    await eventually(() => harness.receiver.status().inFlightBytes === 4 * (BODY_BYTES - 1))
    expect((await harness.send(plainBody())).status).toBe(503)
    expect(await client.call('traces', plainBody())).toMatchObject({ code: 14 })
    for (const session of held) session.destroy()
    await eventually(() => harness.receiver.status().inFlightBytes === 0)
  })
})

test('close() answers what is under way, and takes nothing more', async () => {
  const reached = Promise.withResolvers<void>()
  const durable = Promise.withResolvers<void>()
  const own = await startHarness({
    producers: [producer],
    grpc: { port: 0 },
    override: (ledger) => ({
      async commit(batch) {
        reached.resolve()
        await durable.promise
        return ledger.commit(batch)
      },
    }),
  })
  const to = grpcClient(own.receiver.grpcPort!)
  const answer = to.call('traces', signedBody(producer, [recordSpan(7)]))
  await reached.promise
  const closed = own.close()
  durable.resolve()
  expect(await answer).toMatchObject({
    code: 0,
    metadata: { 'grantlog-receipt': expect.anything() },
  })
  await closed
  expect((await to.call('traces', plainBody())).code).toBe(14)
  to.close()
})

describe('the forms of gRPC', () => {
  test('paths of the three services', () => {
    expect(signalOf(tracePath)).toBe('traces')
    expect(signalOf('__proto__')).toBeUndefined()
  })

  test('a frame there and back', () => {
    expect(messageIn(frameOf(Buffer.from('a'))).bytes.toString()).toBe('a')
    expect(frameOf(Buffer.from('ab')).toString('hex')).toBe('00000000026162')
  })

  test.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['4m', 4],
    ['5000u', 5],
    ['6000000n', 6],
    [undefined, Infinity],
  ])('grpc-timeout %s', (header, ms) => {
    expect(timeoutOf(header)).toBeCloseTo(ms)
  })

  test.each(['', '1', 'S', '1s', '-1S', '123456789S', '1 S'])(
    'grpc-timeout %j is none',
    (header) => {
      expect(() => timeoutOf(header)).toThrow(ReceiverError)
    },
  )

  test('a message is percent-encoded', () => {
    const { 'grpc-message': message } = statusHeaders(
      new ReceiverError('RECEIVER_BODY_MALFORMED', '100 % „ä“\n'),
    )
    expect(message).toContain('100 %25 %E2%80%9E%C3%A4%E2%80%9C%0A')
  })

  test('receipts up to what trailers may hold', () => {
    const each = 'x'.repeat(MAX_TRAILER_BYTES / 4 - 2)
    expect(receiptsThatFit([each, each, each, each])).toHaveLength(4)
    expect(receiptsThatFit([each, each, each, `${each}x`])).toHaveLength(3)
    expect(receiptsThatFit([])).toEqual([])
  })
})

interface RawAnswer {
  readonly http: number
  readonly status: string | undefined
  readonly accepted: string | undefined
}

function headersOf(change: Record<string, string>): Record<string, string> {
  return {
    ':method': 'POST',
    ':path': tracePath,
    ':authority': '127.0.0.1',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...change,
  }
}

/** A call that grpc-js would not make; answered in headers or in trailers. */
async function raw(
  change: Record<string, string>,
  chunks: readonly Buffer[] = [frameOf(plainBody())],
  options: { end?: boolean; port?: number } = {},
): Promise<RawAnswer> {
  const session = connect(`http://127.0.0.1:${options.port ?? port}`)
  const stream = session.request(headersOf(change), { endStream: false })
  stream.on('error', () => undefined)
  let answer: RawAnswer = { http: 0, status: undefined, accepted: undefined }
  stream.on('response', (headers) => {
    const accepted = headers['grpc-accept-encoding'] as string
    const status = headers['grpc-status'] as string
    answer = { http: headers[':status'] ?? 0, status, accepted }
  })
  stream.on('trailers', (headers) => {
    answer = { ...answer, status: headers['grpc-status'] as string }
  })
  for (const chunk of chunks) stream.write(chunk)
  if (options.end !== false) stream.end()
  stream.resume()
  await once(stream, 'close')
  session.destroy()
  return answer
}

/** Also when it ends by an error. */
function closing(session: ClientHttp2Session): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  session.once('close', resolve)
  return promise
}

function textOf(value: string | Buffer | undefined): string {
  return Buffer.from(String(value), 'base64').toString()
}
