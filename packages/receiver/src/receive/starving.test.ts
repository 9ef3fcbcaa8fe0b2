// Guarantee: whoever holds connections, or sends what takes long, keeps out and holds up nobody
// else. The titles are rows of test/edge/ATTACKS.md.
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect as connectHttp2, type ClientHttp2Session, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { eventually, type Harness, rawRequest, startHarness } from '../../test/harness.ts'
import { grpcClient } from '../../test/grpc-client.ts'
import { plainBody } from '../../test/producer.ts'
import { frameOf } from '../grpc-wire.ts'
import { MAX_IDLE_FRAMES } from '../limits.ts'

function silent(harness: Harness): Socket {
  const socket = connect(harness.receiver.otlpPort, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

/** Open at the receiver, too. */
async function silents(harness: Harness, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let at = 1; at <= count; at++) {
    sockets.push(silent(harness))
    await eventually(() => harness.receiver.status().connections.open === at)
  }
  return sockets
}

function session(port: number): ClientHttp2Session {
  const opened = connectHttp2(`http://127.0.0.1:${port}`)
  opened.on('error', () => undefined)
  return opened
}

function ping(to: ClientHttp2Session): Promise<Error | null> {
  return new Promise((resolve) => {
    if (to.destroyed || to.closed) resolve(new Error('closed'))
    else to.ping(resolve)
  })
}

/** A request on a connection that stays open. */
function get(harness: Harness, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const place = { host: '127.0.0.1', port: harness.receiver.otlpPort, path: '/' }
    const sent = request({ ...place, agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    })
    sent.once('error', reject).end()
  })
}

describe('connections', () => {
  test.each([
    ['a port', { connections: 3, connectionsPerAddress: 9 }],
    ['an address', { connections: 9, connectionsPerAddress: 3 }],
  ])(
    'that send nothing, as many as %s has → the oldest makes way for a request',
    async (_of, limits) => {
      await using harness = await startHarness({ limits })
      const sockets = await silents(harness, 3)
      expect((await harness.send(plainBody())).status).toBe(200)
      await eventually(() => sockets[0]!.destroyed)
      expect(sockets.slice(1).map(({ destroyed }) => destroyed)).toEqual([false, false])
      expect(harness.receiver.status().connections.refused).toBe(1)
      expect(harness.events).toContainEqual(
        expect.objectContaining({ code: 'CONNECTIONS_REFUSED' }),
      )
      for (const socket of sockets) socket.destroy()
    },
  )

  test('beyond the number of an address, all in use → closed at once', async () => {
    const limits = { connectionsPerAddress: 2 }
    await using harness = await startHarness({ grpc: { port: 0 }, limits })
    const clients = [1, 2].map(() => grpcClient(harness.receiver.grpcPort!))
    for (const client of clients) {
      expect((await client.call('traces', plainBody())).code).toBe(0)
    }
    const third = session(harness.receiver.grpcPort!)
    await once(third, 'close')
    expect(harness.receiver.status().connections).toEqual({ open: 2, refused: 1 })
    expect((await clients[0]!.call('traces', plainBody())).code).toBe(0)
    for (const client of clients) client.close()
  })

  test('where anybody may send, all in use → the oldest of the greediest makes way', async () => {
    const options = { otlp: { host: '0.0.0.0', port: 0 }, insecurePublicBind: true }
    await using harness = await startHarness({ ...options, limits: { connections: 2 } })
    const agents = [1, 2, 3].map(() => new Agent({ keepAlive: true, maxSockets: 1 }))
    for (const agent of agents) expect(await get(harness, agent)).toBe(404)
    expect(harness.receiver.status().connections).toEqual({ open: 2, refused: 1 })
    for (const agent of agents) agent.destroy()
  })

  test('that are older than one may get → the next answer is the last', async () => {
    const limits = { connectionMaxAgeMs: 0, drainTimeoutMs: 50 }
    await using harness = await startHarness({ grpc: { port: 0 }, limits })
    const { headers } = await harness.send(plainBody())
    expect(headers.get('connection')).toBe('close')
    const old = session(harness.receiver.grpcPort!)
    expect((await once(old, 'goaway'))[0]).toBe(constants.NGHTTP2_NO_ERROR)
    await eventually(() => harness.receiver.status().connections.open === 0)
  })

  test('of gRPC that open no window for the answer → the call is reset', async () => {
    const soon = { headersTimeoutMs: 50, requestTimeoutMs: 50, idleTimeoutMs: 50 }
    const limits = { ...soon, drainTimeoutMs: 50 }
    await using harness = await startHarness({ grpc: { port: 0 }, limits })
    const mean = connectHttp2(`http://127.0.0.1:${harness.receiver.grpcPort!}`, {
      settings: { initialWindowSize: 0 },
    })
    mean.on('error', () => undefined)
    await once(mean, 'remoteSettings')
    const call = mean.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
    })
    call.on('error', () => undefined)
    const answered = once(call, 'response')
    call.end(frameOf(plainBody()))
    await answered
    await once(call, 'close')
    expect(call.rstCode).toBe(constants.NGHTTP2_CANCEL)
    await eventually(() => harness.receiver.status().connections.open === 0)
  })

  test('of gRPC that stay by PING and make no call → closed when they are idle', async () => {
    const limits = { idleTimeoutMs: 30, drainTimeoutMs: 100 }
    await using harness = await startHarness({ grpc: { port: 0 }, limits })
    const idle = session(harness.receiver.grpcPort!)
    const goaway = once(idle, 'goaway')
    // Between two of them goes a request of somebody else, so that there are few in that time.
    while ((await ping(idle)) === null) await harness.send(plainBody())
    expect((await goaway)[0]).toBe(constants.NGHTTP2_NO_ERROR)
    await eventually(() => harness.receiver.status().connections.open === 0)
  })

  test('that ignore GOAWAY → cut off', async () => {
    const limits = { idleTimeoutMs: 50, drainTimeoutMs: 50 }
    await using harness = await startHarness({ grpc: { port: 0 }, limits })
    const socket = connect({
      port: harness.receiver.grpcPort!,
      host: '127.0.0.1',
      allowHalfOpen: true,
    })
    socket.on('error', () => undefined)
    // The preface, and empty SETTINGS (RFC 9113, 3.4 and 6.5).
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    socket.write(Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0))
    socket.resume()
    await once(socket, 'end')
    await eventually(() => harness.receiver.status().connections.open === 0)
    socket.destroy()
  })

  test('of gRPC that send PING without end → ENHANCE_YOUR_CALM', async () => {
    await using harness = await startHarness({ grpc: { port: 0 } })
    const port = harness.receiver.grpcPort!
    const playing = session(port)
    await once(playing, 'remoteSettings')
    const goaway = once(playing, 'goaway')
    // Its own SETTINGS were one.
    for (let at = 1; at < MAX_IDLE_FRAMES; at++) expect(await ping(playing)).toBeNull()
    void ping(playing)
    expect((await goaway)[0]).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    await eventually(() => harness.receiver.status().connections.open === 0)
  })
})

describe('a body that takes long', () => {
  const json = (text: string) => ({
    method: 'POST',
    path: '/v1/traces',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(text),
  })
  const spans = (inner: string): string =>
    `{"resourceSpans":[{"scopeSpans":[{"spans":[${inner}]}]}]}`

  test('2 MiB of JSON → others are answered before it', async () => {
    await using harness = await startHarness()
    const large = json(spans(Array<string>(200_000).fill('{"kind":1}').join(',')))
    let isAnswered = false
    const answer = rawRequest(harness.receiver.otlpPort, large).finally(() => (isAnswered = true))
    await eventually(() => harness.receiver.status().inFlightBytes >= large.body.length)
    for (let at = 0; at < 5; at++) {
      expect((await harness.send(plainBody())).status).toBe(200)
      expect(isAnswered).toBe(false)
    }
    expect((await answer).status).toBe(200)
  })

  test('a string of 2 MiB in JSON → 400', async () => {
    await using harness = await startHarness()
    const body = json(spans(`{"name":"${'\\n'.repeat(1024 * 1024)}"}`))
    expect((await rawRequest(harness.receiver.otlpPort, body)).status).toBe(400)
  })
})
