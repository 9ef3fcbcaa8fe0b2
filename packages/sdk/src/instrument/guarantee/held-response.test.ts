// Scenario: handlers send responses in all the ways that Node has; each is held at its first byte
// and let go later, dropped, or let go at once.
// Guarantee: nothing leaves before; then the bytes on the wire and what the handler sees are those
// of a response that nobody held.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { afterEach, describe, expect, test } from '@jest/globals'
import { canHold, type HeldResponse, holdResponse } from './held-response.ts'

type Say = (...words: unknown[]) => void
type Handler = (response: ServerResponse, say: Say, request: IncomingMessage) => unknown

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface Served {
  readonly port: number
  readonly said: string[]
  /** Those that are ready, in order. */
  readonly held: HeldResponse[]
  readonly responses: ServerResponse[]
  /** Resolves when so many are ready. */
  readonly ready: (count: number) => Promise<void>
}

/** `isHeld`: each response is held; `onReady` may let it go at once. */
async function serve(
  handler: Handler,
  isHeld: boolean,
  onReady: (held: HeldResponse) => void = () => undefined,
): Promise<Served> {
  const said: string[] = []
  const held: HeldResponse[] = []
  const responses: ServerResponse[] = []
  const waiting: [number, () => void][] = []
  const server = createServer({ keepAlive: false }, (request, response) => {
    const say: Say = (...words) => void said.push(JSON.stringify(words))
    responses.push(response)
    response.sendDate = false
    for (const name of ['finish', 'close', 'drain', 'prefinish'] as const) {
      response.on(name, () => say(name, response.writableFinished))
    }
    if (isHeld) {
      expect(canHold(response)).toBe(true)
      const one = holdResponse(response, () => {
        onReady(one)
        held.push(one)
        for (const [count, done] of waiting) if (held.length >= count) done()
      })
    }
    void (async () => handler(response, say, request))().catch((error: Error) =>
      say('failed', error.name, (error as NodeJS.ErrnoException).code),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const ready = (count: number): Promise<void> =>
    held.length >= count
      ? Promise.resolve()
      : new Promise((resolve) => void waiting.push([count, resolve]))
  return { port, said, held, responses, ready }
}

const head = (line: string, ...more: string[]): string =>
  `${[line, 'Host: x', ...more].join('\r\n')}\r\n\r\n`
const get = head('GET / HTTP/1.1', 'Connection: close')

/** A connection, and all that came over it. */
function client(port: number, sent: string): { socket: Socket; text: () => string } {
  const socket = connect(port, '127.0.0.1')
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part))
  socket.on('error', () => undefined)
  socket.write(sent)
  return { socket, text: () => Buffer.concat(parts).toString('latin1') }
}

async function all({ socket, text }: ReturnType<typeof client>): Promise<string> {
  await finished(socket.resume(), { writable: false }).catch(() => undefined)
  return text()
}

const big = Buffer.alloc(300_000, 'x')
const json = { 'content-type': 'application/json' }

const ways: [string, Handler, string?][] = [
  ['end alone', (r) => r.end()],
  ['end with a text', (r) => r.end('text')],
  ['end with bytes', (r) => r.end(Buffer.from('bytes'))],
  ['end with a callback', (r, say) => r.end('text', () => say('ended'))],
  ['writeHead and end', (r) => r.writeHead(201, 'Made', json).end('{}')],
  ['headers one by one', (r) => r.setHeader('a', '1').appendHeader('a', '2').end('x')],
  ['raw headers', (r) => r.writeHead(200, ['x-a', '1', 'X-A', '2'] as never).end('x')],
  ['a length that was said', (r) => r.writeHead(200, { 'content-length': 4 }).end('four')],
  ['parts', (r) => (r.write('one'), r.write('two', 'latin1'), r.end('three'))],
  [
    'parts with callbacks',
    (r, say) => {
      say(r.write('é', 'utf8', () => say('written')))
      say(r.headersSent, r.writableEnded, r.finished)
      r.end(() => say('ended'))
      say(r.headersSent, r.writableEnded, r.finished)
    },
  ],
  ['flushed headers', (r) => (r.flushHeaders(), setImmediate(() => r.end('later')))],
  ['corked parts', (r) => (r.cork(), r.write('a'), r.write('b'), r.uncork(), r.end())],
  ['trailers', (r) => (r.writeHead(200, { Trailer: 'x' }), r.addTrailers({ x: 'y' }), r.end('a'))],
  ['a stream', (r) => pipeline(Readable.from(['one', Buffer.from('two')]), r)],
  ['a packed stream', (r) => pipeline(Readable.from([big]), createGzip(), r)],
  ['pipe', (r) => void Readable.from([big, big]).pipe(r)],
  ['much at once', (r) => r.end(big)],
  ['early hints', (r) => r.writeEarlyHints({ link: '</a>; rel=preload' }, () => r.end('x'))],
  ['continue', (r) => (r.writeContinue(), r.end('x'))],
  ['204', (r) => r.writeHead(204).end()],
  ['304', (r) => r.writeHead(304, { etag: '"1"' }).end()],
  ['HEAD', (r) => r.end('not sent'), head('HEAD / HTTP/1.1', 'Connection: close')],
  ['HTTP/1.0', (r) => (r.write('a'), r.end('b')), head('GET / HTTP/1.0')],
  [
    'a head that is sent twice',
    (r, say) => {
      r.writeHead(200).write('a')
      try {
        r.setHeader('late', '1')
      } catch (error) {
        say((error as NodeJS.ErrnoException).code)
      }
      r.end()
      r.on('error', (error: NodeJS.ErrnoException) => say(error.code))
      r.write('after the end')
    },
  ],
  ['destroyed', (r) => (r.write('a'), r.destroy())],
]

describe('a response that was held is the same', () => {
  test.each(ways)('%s', async (_, handler, sent = get) => {
    const plain = await serve(handler, false)
    const expected = await all(client(plain.port, sent))
    // Let go later, and at once.
    for (const isSync of [false, true]) {
      const audited = await serve(handler, true, (one) => void (isSync && one.release()))
      const reader = client(audited.port, sent)
      const ends = all(reader)
      await audited.ready(1)
      if (!isSync) {
        await new Promise((resolve) => setImmediate(resolve))
        // Nothing but an interim response.
        expect(reader.text()).toMatch(/^(?:HTTP\/1\.1 10[^]*)?$/)
        expect(reader.text()).not.toContain(' 200 ')
      }
      for (const one of audited.held) one.release()
      expect(await ends).toBe(expected)
      expect(audited.said.toSorted()).toEqual(plain.said.toSorted())
      for (const response of audited.responses) {
        expect(Object.keys(response)).toEqual(Object.keys(plain.responses[0]!))
        expect(Object.hasOwn(response, '_writeRaw')).toBe(false)
      }
    }
  })
})

describe('while a response is held', () => {
  test('what the host may write is bounded as by a client that does not read', async () => {
    let written = 0
    const served = await serve(async (response) => {
      for (; written < 50 * big.length; written += big.length) {
        if (!response.write(big)) await once(response, 'drain')
      }
      response.end()
    }, true)
    const reader = client(served.port, get)
    const ends = all(reader)
    await served.ready(1)
    await new Promise((resolve) => setImmediate(resolve))
    const [response] = served.responses
    expect(written).toBe(0)
    expect(response!.writableNeedDrain).toBe(true)
    expect(response!.writableLength).toBeGreaterThan(big.length)
    served.held[0]!.release()
    expect((await ends).match(/x/g)).toHaveLength(50 * big.length)
  })

  test('those behind it on its connection wait for it, and keep their order', async () => {
    const served = await serve((response, _, { url }) => response.end(url), true)
    const paths = ['/1', '/2', '/3']
    const last = head('GET /4 HTTP/1.1', 'Connection: close')
    const reader = client(served.port, paths.map((p) => head(`GET ${p} HTTP/1.1`)).join('') + last)
    const ends = all(reader)
    await served.ready(4)
    // The second is safe before the first, and the third is dropped before its turn.
    served.held[1]!.release()
    served.held[2]!.replace(Buffer.from('HTTP/1.1 503 No\r\nConnection: close\r\n\r\n'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(reader.text()).toBe('')
    served.held[0]!.release()
    served.held[3]!.release()
    const text = await ends
    expect(text.match(/HTTP\/1.1 \d+|\/\d$|\/\dH/gm)?.join(' ')).toContain('HTTP/1.1 200')
    expect(text.indexOf('/1HTTP')).toBeGreaterThan(0)
    expect(text.indexOf('/2HTTP')).toBeGreaterThan(text.indexOf('/1HTTP'))
    expect(text).toMatch(/\/2HTTP\/1\.1 503 No\r\nConnection: close\r\n\r\n$/)
  })

  test('a connection that is kept serves the next request as ever', async () => {
    const served = await serve(
      (response, _, { url }) => response.end(url),
      true,
      (one) => setImmediate(() => one.release()),
    )
    const { socket, text } = client(served.port, head('GET /1 HTTP/1.1'))
    await once(socket, 'data')
    socket.write(head('GET /2 HTTP/1.1', 'Connection: close'))
    await finished(socket, { writable: false })
    expect(text()).toMatch(/\/1HTTP[^]*\/2$/)
  })

  test('its client may leave: nobody is harmed when it is let go or dropped', async () => {
    for (const act of ['release', 'replace'] as const) {
      const served = await serve((r) => (r.write('secret'), r.end(big)), true)
      const { socket } = client(served.port, get)
      await served.ready(1)
      const closed = once(served.responses[0]!, 'close')
      socket.destroy()
      await closed
      if (act === 'release') served.held[0]!.release()
      else served.held[0]!.replace(Buffer.from('HTTP/1.1 503 No\r\n\r\n'))
      expect(served.said).toEqual(['["close",false]'])
    }
  })

  test('its handler may fail: the error is the response, and no head is sent twice', async () => {
    const served = await serve((response) => {
      response.statusCode = 500
      response.end('sorry')
    }, true)
    const ends = all(client(served.port, get))
    await served.ready(1)
    served.held[0]!.release()
    expect(await ends).toContain(' 500 ')
  })
})

describe('a response that is dropped', () => {
  const instead = 'HTTP/1.1 503 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno'

  test.each(ways.filter(([name]) => name !== 'destroyed'))(
    '%s: nothing of it leaves, before or after',
    async (_, handler, sent = get) => {
      const plain = await serve(handler, false)
      await all(client(plain.port, sent))
      const served = await serve(handler, true)
      const reader = client(served.port, sent)
      const ends = all(reader)
      await served.ready(1)
      served.held[0]!.replace(Buffer.from(instead))
      served.held[0]!.release()
      served.held[0]!.replace(Buffer.from(instead))
      const text = await ends
      expect(text.endsWith(instead)).toBe(true)
      expect(text.replace(instead, '')).not.toMatch(/HTTP\/1\.1 (?!10)/)
      // The host sees an end, and no error that it would not see without us.
      expect(served.said.join(' ')).toContain('close')
      const failures = (said: string[]): string[] => said.filter((one) => one.includes('failed'))
      if (failures(plain.said).length === 0)
        expect(failures(served.said).join()).toMatch(/^$|PREMA/)
    },
  )

  test('while it is still written ends for its writer', async () => {
    let isOver = false
    const served = await serve(async (response) => {
      const closed = once(response, 'close')
      response.write('first')
      await Promise.race([closed, writeForever(response)])
      isOver = true
    }, true)
    const ends = all(client(served.port, get))
    await served.ready(1)
    served.held[0]!.replace(Buffer.from(instead))
    expect(await ends).toBe(instead)
    while (!isOver) await new Promise((resolve) => setImmediate(resolve))
  })
})

async function writeForever(response: ServerResponse): Promise<void> {
  while (!response.destroyed) {
    response.write('more')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
