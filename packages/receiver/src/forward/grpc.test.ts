// Guarantee: OTLP/gRPC to a sink is what grpc-js, another implementation, takes; and its codes mean
// what the OTLP specification says: what may pass comes again, when it was asked for, and only what
// is about the data is final.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { decodeTraceRequest, WireWriter } from '@grantlog/record/otlp'
import { eventually, newData, startHarness } from '../../test/harness.ts'
import { createProducer, plainBody, recordSpan, signedBody } from '../../test/producer.ts'
import { type GrpcExporter, grpcExporter, type GrpcOptions } from './io/grpc.ts'
import { agentOf, post } from './io/post.ts'
import type { SinkOptions } from './sink-options.ts'

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

interface Call {
  readonly body: Buffer
  readonly metadata: Metadata
}

interface Refusal {
  readonly code: status
  readonly details: string
  readonly metadata?: Metadata
}

interface Peer {
  readonly url: string
  readonly calls: Call[]
  /** What the next call is answered with. */
  answer: () => Buffer | Refusal | null
  stop(): void
}

/** A server of TraceService by grpc-js. An answer of null never comes. */
async function startPeer(credentials = ServerCredentials.createInsecure(), at = 0): Promise<Peer> {
  const server = new Server()
  const calls: Call[] = []
  const peer = {
    url: '',
    calls,
    answer: (): Buffer | Refusal | null => Buffer.alloc(0),
    stop: () => server.forceShutdown(),
  }
  const same = (bytes: Buffer): Buffer => bytes
  server.addService(
    {
      Export: {
        path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: same,
        requestDeserialize: same,
        responseSerialize: same,
        responseDeserialize: same,
      },
    },
    {
      Export: (
        call: { request: Buffer; metadata: Metadata },
        done: (error: Refusal | null, value?: Buffer) => void,
      ) => {
        calls.push({ body: call.request, metadata: call.metadata })
        const answer = peer.answer()
        if (Buffer.isBuffer(answer)) done(null, answer)
        else if (answer !== null) done(answer)
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${at}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  cleanUps.push(peer.stop)
  peer.url = `grpc://127.0.0.1:${port}`
  return peer
}

function exporterTo(url: string, change: Partial<GrpcOptions> = {}): GrpcExporter {
  const signal = new AbortController().signal
  const usual = {
    headers: {},
    timeoutMs: 5_000,
    signal,
    compression: 'none',
    tls: {},
    carried: 'traces' as const,
  } as const
  const exporter = grpcExporter({ url, ...usual, ...change })
  cleanUps.push(() => exporter.close())
  return exporter
}

function message(write: (writer: WireWriter) => void): Buffer {
  const writer = new WireWriter()
  write(writer)
  return Buffer.from(writer.finish())
}

/** google.rpc.Status with RetryInfo. */
function retryInfo(seconds: number, nanos: number): Metadata {
  const metadata = new Metadata()
  const details = message((rpcStatus) => {
    rpcStatus.varint(1, 8)
    rpcStatus.message(3, (any) => {
      any.text(1, 'type.googleapis.com/google.rpc.RetryInfo')
      any.message(2, (info) =>
        info.message(1, (delay) => {
          delay.varint(1, seconds)
          delay.varint(2, nanos)
        }),
      )
    })
  })
  metadata.set('grpc-status-details-bin', details)
  return metadata
}

describe('a call', () => {
  test.each(['none', 'gzip'] as const)('with compression %s arrives as it was', async (how) => {
    const peer = await startPeer()
    const headers = { authorization: 'Bearer t' }
    const exporter = exporterTo(peer.url, { compression: how, headers })
    const body = plainBody({ 'http.route': 'x'.repeat(40_000) })
    expect(await exporter.send([body])).toEqual({ outcome: 'taken', rejectedSpans: 0 })
    expect(await exporter.send([body])).toEqual({ outcome: 'taken', rejectedSpans: 0 })
    expect(peer.calls).toHaveLength(2)
    expect(Buffer.from(body).equals(peer.calls[0]!.body)).toBe(true)
    expect(peer.calls[0]!.metadata.get('authorization')).toEqual(['Bearer t'])
  })

  test('of which a part is rejected says how many', async () => {
    const peer = await startPeer()
    peer.answer = () => message((answer) => answer.message(1, (partial) => partial.varint(1, 3)))
    const taken = await exporterTo(peer.url).send([plainBody()])
    expect(taken).toEqual({ outcome: 'taken', rejectedSpans: 3 })
  })

  test.each([
    [status.UNAVAILABLE, undefined, { outcome: 'later', reason: 'UNAVAILABLE', retryAfterMs: 0 }],
    [status.ABORTED, undefined, { outcome: 'later', reason: 'ABORTED', retryAfterMs: 0 }],
    [status.DATA_LOSS, undefined, { outcome: 'later', reason: 'DATA_LOSS', retryAfterMs: 0 }],
    [
      status.RESOURCE_EXHAUSTED,
      retryInfo(2, 500_000_000),
      { outcome: 'later', reason: 'RESOURCE_EXHAUSTED', retryAfterMs: 2_500 },
    ],
    [
      status.UNAVAILABLE,
      retryInfo(1, 0),
      { outcome: 'later', reason: 'UNAVAILABLE', retryAfterMs: 1_000 },
    ],
    [
      status.RESOURCE_EXHAUSTED,
      undefined,
      { outcome: 'refused', status: 413, error: 'RESOURCE_EXHAUSTED' },
    ],
    [
      status.INVALID_ARGUMENT,
      undefined,
      { outcome: 'refused', status: 400, error: 'INVALID_ARGUMENT' },
    ],
    [
      status.UNAUTHENTICATED,
      undefined,
      { outcome: 'later', reason: 'gRPC UNAUTHENTICATED', retryAfterMs: 0 },
    ],
    [
      status.UNIMPLEMENTED,
      undefined,
      { outcome: 'later', reason: 'gRPC UNIMPLEMENTED', retryAfterMs: 0 },
    ],
  ])('answered with code %i', async (code, metadata, expected) => {
    const peer = await startPeer()
    peer.answer = () => ({ code, details: 'no', ...(metadata && { metadata }) })
    expect(await exporterTo(peer.url).send([plainBody()])).toEqual(expected)
  })

  test('to a server that has gone comes again, and finds the next one', async () => {
    const first = await startPeer()
    const exporter = exporterTo(first.url)
    expect(await exporter.send([plainBody()])).toMatchObject({ outcome: 'taken' })
    first.stop()
    expect(await exporter.send([plainBody()])).toMatchObject({ outcome: 'later' })
    const port = Number(new URL(first.url).port)
    const next = await startPeer(undefined, port)
    expect(await exporter.send([plainBody()])).toMatchObject({ outcome: 'taken' })
    expect(next.calls).toHaveLength(1)
  })

  test('that is not answered ends with its time', async () => {
    const peer = await startPeer()
    peer.answer = () => null
    const stalled = exporterTo(peer.url, { timeoutMs: 50 })
    expect(await stalled.send([plainBody()])).toMatchObject({ outcome: 'later' })
  })

  test('that is not answered any more is left for another connection', async () => {
    const peer = await startPeer()
    let connections = 0
    const between = createServer((socket) => {
      // Nothing comes back over the first one, and it stays.
      if (connections++ === 0) return void socket.resume()
      const onwards = connect(Number(new URL(peer.url).port), '127.0.0.1')
      for (const end of [socket, onwards]) end.on('error', () => undefined)
      socket.pipe(onwards).pipe(socket)
    }).listen(0, '127.0.0.1')
    await once(between, 'listening')
    const { port } = between.address() as AddressInfo
    const stalled = exporterTo(`grpc://127.0.0.1:${port}`, { timeoutMs: 300 })
    expect(await stalled.send([plainBody()])).toMatchObject({ outcome: 'later' })
    expect(await stalled.send([plainBody()])).toMatchObject({ outcome: 'taken' })
    expect(connections).toBe(2)
    between.close()
  })
})

describe('with TLS', () => {
  let folder = ''
  let pem: Record<'ca' | 'cert' | 'key', string>
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'grantlog-tls-'))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
    const args = ['req', '-x509', ...made, ...names, '-keyout', key, '-out', cert]
    execFileSync('openssl', args, { stdio: 'ignore' })
    const text = readFileSync(cert, 'utf8')
    pem = { ca: text, cert: text, key: readFileSync(key, 'utf8') }
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('gRPC needs the authority, and the client its own certificate', async () => {
    const pair = { cert_chain: Buffer.from(pem.cert), private_key: Buffer.from(pem.key) }
    const peer = await startPeer(ServerCredentials.createSsl(Buffer.from(pem.ca), [pair], true))
    const url = peer.url.replace('grpc:', 'grpcs:')
    const send = (tls: GrpcOptions['tls']): ReturnType<GrpcExporter['send']> =>
      exporterTo(url, { tls }).send([plainBody()])
    expect(await send(pem)).toEqual({ outcome: 'taken', rejectedSpans: 0 })
    expect(await send({ ca: pem.ca })).toMatchObject({ outcome: 'later' })
    const { ca: _, ...own } = pem
    expect(await send(own)).toMatchObject({ outcome: 'later' })
  })

  test('HTTP takes the same, and bodies as they are compressed', async () => {
    const bodies: Record<string, Buffer> = {}
    const options = { ...pem, requestCert: true }
    const server = createHttpsServer(options, (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        bodies[String(request.headers['content-encoding'])] = Buffer.concat(chunks)
        response.end()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUps.push(() => (server.closeAllConnections(), server.close()))
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
    const signal = new AbortController().signal
    const common = { url, headers: {}, timeoutMs: 5_000, signal, ...agentOf({ tls: pem }) }
    const body = plainBody({ 'http.route': 'x'.repeat(40_000) })
    for (const compression of ['none', 'gzip', 'zstd'] as const) {
      const sent = await post([body], { ...common, compression })
      expect(sent).toEqual({ outcome: 'taken', rejectedSpans: 0 })
    }
    const { gzip, undefined: plain, zstd } = bodies
    expect(plain!.equals(body)).toBe(true)
    expect(gunzipSync(gzip!).equals(body)).toBe(true)
    expect(zstdDecompressSync(zstd!).equals(body)).toBe(true)
    const foreign = await post([body], { url, headers: {}, timeoutMs: 5_000, signal })
    expect(foreign).toMatchObject({ outcome: 'later' })
  })
})

test('a sink of gRPC gets records and other spans; with a filter some records only', async () => {
  const producer = createProducer()
  const [all, denied] = [await startPeer(), await startPeer()]
  const sinks: SinkOptions[] = [
    { name: 'all', url: all.url },
    { name: 'siem', url: denied.url, filter: { outcomes: ['denied'], actions: ['oauth.*'] } },
  ]
  const limits = { sinkPaceMs: 0 }
  const harness = await startHarness({
    data: await newData(),
    producers: [producer],
    sinks,
    limits,
  })
  cleanUps.push(() => harness.close())
  const spans = [
    recordSpan(0),
    recordSpan(1, { 'audit.outcome': 'denied' }),
    recordSpan(2, { 'audit.outcome': 'denied', 'audit.action': 'session.start' }),
  ]
  await harness.send(signedBody(producer, spans))
  await harness.send(plainBody())
  const isDone = (): boolean =>
    harness.receiver.status().sinks.every(({ lag }) => lag.commits + lag.passThrough === 0)
  await eventually(isDone)
  const namesAt = (peer: Peer): unknown[] =>
    peer.calls.flatMap(({ body }) =>
      decodeTraceRequest(body).groups.flatMap(({ spans: found }) =>
        found.map((one) => ('span' in one ? one.span.attributes.get('audit.sequence.number') : 0)),
      ),
    )
  expect(namesAt(all)).toEqual([0n, 1n, 2n])
  expect(all.calls.some(({ body }) => decodeTraceRequest(body).passThroughSpans === 1)).toBe(true)
  expect(namesAt(denied)).toEqual([1n])
  expect(denied.calls.every(({ body }) => decodeTraceRequest(body).passThroughSpans === 0)).toBe(
    true,
  )
})
