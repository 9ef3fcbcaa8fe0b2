import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { duplexPair } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { bearer, type Handler, serve, validated } from '../../../test/fixtures/hooked-server.ts'

describe('a request makes a record', () => {
  test.each<[string, Handler, object, boolean]>([
    ['with a token', (_, response) => response.end(), bearer, true],
    ['refused with a challenge', refuse('Bearer'), {}, true],
    ['refused with a challenge of DPoP', refuse('DPoP algs="ES256"'), {}, true],
    ['without a token', (_, response) => response.end(), {}, false],
    ['refused with another challenge', refuse('Basic realm="x"'), {}, false],
    ['refused without a challenge', refuse(null), {}, false],
    ['with a password', (_, response) => response.end(), { authorization: 'Basic YTpi' }, false],
  ])('%s: %#', async (_, handler, headers, isTold) => {
    const { url, told, hooks, errors } = await serve(handler)
    await (await fetch(url, { headers: { ...headers } })).text()
    expect(told).toHaveLength(isTold ? 1 : 0)
    expect(hooks.isHooked()).toBe(isTold)
    expect(errors).toEqual([])
  })

  test('unless a library makes one', async () => {
    const { url, told, scopes } = await serve((request, response) => {
      scopes.served(request)!.isClaimed = true
      response.end()
    })
    await (await fetch(url, { headers: bearer })).text()
    expect(told).toEqual([])
  })

  test('with the token of a form that the application has read', async () => {
    const { url, told } = await serve((request, response) => {
      Object.assign(request, { body: { access_token: 'in the form' } })
      response.end()
    })
    const body = new URLSearchParams({ access_token: 'in the form' })
    await (await fetch(url, { method: 'POST', body })).text()
    expect(told[0]!.facts.token).toMatchObject({ value: 'in the form', location: 'body' })
  })

  test('with such a form also when the client leaves before the end', async () => {
    const { told, port, nextRecord } = await serve((request, response) => {
      Object.assign(request, { body: { access_token: 'in the form' } })
      response.write('what it came for')
    })
    const recorded = nextRecord()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const request = httpRequest({ port, method: 'POST', headers }).end('access_token=in+the+form')
    request.on('error', () => undefined)
    await once(request, 'response')
    request.destroy()
    await recorded
    expect(told[0]!.facts).toMatchObject({ isCut: true, token: { location: 'body' } })
    expect(told[0]!.facts.responseBytes).toBeGreaterThan(0)
  })

  test('as it came, whatever the application makes of it', async () => {
    const { url, told } = await serve((request, response) => {
      delete request.headers.authorization
      Object.assign(request, { url: '/rewritten', method: 'PUT' })
      response.end()
    })
    await (await fetch(`${url}/orders/1?x`, { headers: bearer })).text()
    expect(told[0]!.facts).toMatchObject({
      http: { method: 'GET', target: '/orders/1?x', route: null },
      token: { value: 'token', scheme: 'bearer', location: 'header' },
    })
  })

  test('also over a stream of the application that is no socket', async () => {
    const { told, lost, server, nextRecord } = await serve((_, response) => {
      response.write('a')
      response.end('b')
    })
    const [ours, theirs] = duplexPair()
    server.emit('connection', theirs)
    const recorded = nextRecord()
    ours.end(
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer token\r\n\r\n',
    )
    ours.resume()
    await recorded
    expect(lost).toEqual([])
    expect(told[0]!.facts).toMatchObject({ http: { status: 200 }, responseBytes: null })
  })

  test('also when what the application left on it throws', async () => {
    const { url, told, lost } = await serve((request, response) => {
      const throws = (): never => {
        throw new Error('getter')
      }
      for (const name of ['ip', 'body', 'baseUrl', 'app', 'route']) {
        Object.defineProperty(request, name, { get: throws })
      }
      response.end()
    })
    await (await fetch(url, { headers: bearer })).text()
    expect([told.length, lost]).toEqual([1, []])
    expect(told[0]!.facts.http?.clientAddress).toBe('127.0.0.1')
  })

  test('that counts as lost when it cannot be made', async () => {
    const error = new Error('record')
    const { url, lost, errors } = await serve(
      (_, response) => response.end(),
      () => {
        throw error
      },
    )
    expect((await fetch(url, { headers: bearer })).status).toBe(200)
    expect([lost, errors]).toEqual([[error], []])
  })

  test.each([
    [200, 'of another issuer', null],
    [401, 'of another issuer', 'issuer_mismatch'],
    // Somebody whose token is right is refused: what the other validator said did not count.
    [403, 'of another issuer', null],
    [403, 'not enough', 'scope_insufficient'],
    [401, 'not enough', 'scope_insufficient'],
  ])('of %i, with the validation that counted for it: %s', async (status, what, reason) => {
    const { url, told, scopes } = await serve((request, response) => {
      const served = scopes.served(request)!
      served.validation = validated
      const isOther = what === 'of another issuer'
      const error = { code: 'ERR', reason: isOther ? 'issuer_mismatch' : 'scope_insufficient' }
      served.failure = { ...validated, error, claims: isOther ? null : validated.claims }
      response.writeHead(status).end()
    })
    await (await fetch(url, { headers: bearer })).text()
    const { validation } = told[0]!.facts
    expect(validation?.error?.reason ?? null).toBe(reason)
    const isKnown = status !== 401 || what === 'not enough'
    expect(validation?.claims?.subject).toBe(isKnown ? 'ada' : undefined)
  })

  test('once, however often it is told to have ended', async () => {
    const finish = channel('http.server.response.finish')
    const { url, told } = await serve((request, response) => {
      const { socket } = request
      response.once('close', () => finish.publish({ request, response, socket })).end()
    })
    for (const path of ['/1', '/2']) await (await fetch(url + path, { headers: bearer })).text()
    expect(told).toHaveLength(2)
  })

  test("under its caller's span, with its times", async () => {
    const { url, told } = await serve((_, response) => response.end())
    const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
    const traceparent = `00-${traceId}-${spanId}-01`
    const before = BigInt(Date.now() - 1) * 1_000_000n
    await (await fetch(url, { headers: { ...bearer, traceparent } })).text()
    const { parent, startTimeUnixNano, endTimeUnixNano } = told[0]!.at
    expect(parent).toEqual({ traceId, spanId })
    expect(startTimeUnixNano >= before && startTimeUnixNano < endTimeUnixNano).toBe(true)
    expect([startTimeUnixNano % 1000n, endTimeUnixNano % 1000n]).toEqual([0n, 0n])
  })
})

test('requests one behind the other on a connection have each their own', async () => {
  const { port, told, nextRecord } = await serve((request, response) => {
    // The first answers last; the second has to wait for it on the wire.
    const send = (): void => {
      response.write('y'.repeat(Number(request.url!.slice(1))))
      response.end()
    }
    if (request.url === '/300') setImmediate(send)
    else send()
  })
  const [first, second] = [nextRecord(), nextRecord()]
  const socket = connect(port, '127.0.0.1')
  const ask = (path: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${path}\r\n\r\n`
  socket.write(ask('/300') + ask('/20'))
  await Promise.all([first, second])
  while (told.length < 2) await nextRecord()
  socket.destroy()
  const seen = told.map(({ facts }) => [facts.token?.value, facts.http?.target])
  expect(seen).toEqual([
    ['/300', '/300'],
    ['/20', '/20'],
  ])
})

describe('nothing of the application changes', () => {
  test('no listener on its response; one on a connection, of a token', async () => {
    const counts: number[][] = []
    const handler: Handler = (request, response) => {
      const events = ['close', 'finish', 'end', 'error', 'drain', 'prefinish']
      counts.push([
        request.socket.listenerCount('close'),
        ...events.flatMap((event) => [response.listenerCount(event), request.listenerCount(event)]),
      ])
      response.end()
    }
    const ask = async (url: string): Promise<void> => {
      for (const headers of [{}, bearer, bearer]) await (await fetch(url, { headers })).text()
    }
    const audited = await serve(handler)
    await ask(audited.url)
    audited.hooks.disable()
    await ask(audited.url.replace('127.0.0.1', 'localhost'))
    const plain = counts.splice(3)
    const withOurs = plain.map(([onSocket, ...others], i) => [onSocket! + Number(i > 0), ...others])
    expect(counts).toEqual(withOurs)
  })

  test('settling waits for requests with a token alone', async () => {
    const responses: ServerResponse[] = []
    const { url, hooks } = await serve((_, response) => void responses.push(response))
    const plain = fetch(url)
    while (responses.length < 1) await new Promise((resolve) => setImmediate(resolve))
    expect(await hooks.settle(1)).toBe(0)
    const audited = fetch(url, { headers: bearer })
    while (responses.length < 2) await new Promise((resolve) => setImmediate(resolve))
    expect(await hooks.settle(1)).toBe(1)
    const settled = hooks.settle(60_000)
    for (const response of responses) response.end()
    expect(await settled).toBe(0)
    await Promise.all([plain, audited])
  })

  test('a held response is known as long as its host may answer, its token is not', async () => {
    const { promise: began, resolve: begin } = Promise.withResolvers<IncomingMessage>()
    const { port, scopes, told } = await serve((request, response) => {
      scopes.ready({ request, response })
      begin(request)
    })
    const client = httpRequest({ port, headers: bearer }).end()
    client.on('error', () => undefined)
    const request = await began
    expect(told).toHaveLength(1)
    expect(scopes.served(request)).toBeDefined()
    // Its record is made: what is found of the token from now on is not about it.
    expect(scopes.presenting('token')).toEqual([])
    client.destroy()
    if (!request.socket.destroyed) await once(request.socket, 'close')
    expect(scopes.served(request)).toBeDefined()
    expect(scopes.presenting('token')).toEqual([])
    expect(told).toHaveLength(1)
  })

  test('a request is known by the connection it came on, whatever is set there', async () => {
    const { port, scopes, told } = await serve((request, response) => {
      Object.defineProperty(request, 'socket', { value: null })
      response.end('ok')
    })
    await (await fetch(`http://127.0.0.1:${port}`, { headers: bearer })).text()
    expect(told).toHaveLength(1)
    expect(scopes.presenting('token')).toEqual([])
  })

  test('after they are taken out the hooks see nothing', async () => {
    const { url, told, scopes, hooks } = await serve((_, response) => {
      response.end(scopes.served() === undefined ? 'none' : 'served')
    })
    const ask = async (): Promise<string> => (await fetch(url, { headers: bearer })).text()
    expect(await ask()).toBe('served')
    hooks.disable()
    expect(await ask()).toBe('none')
    expect(told).toHaveLength(1)
  })
})

function refuse(challenge: string | null): Handler {
  return (_, response) =>
    response.writeHead(401, challenge === null ? {} : { 'WWW-Authenticate': challenge }).end()
}
