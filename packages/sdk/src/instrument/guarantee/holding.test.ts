// Scenario: requests with tokens under a policy of each guarantee; their records become safe, do
// not, or cannot be made; clients leave, the service calls itself, hooks break, the audit ends.
// Guarantee: nothing of a response leaves before its records are safe; what is not safe in time is
// withheld (`blocking`) or goes and is told (`spooled`); every response ends.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type Policy, readPolicy } from '@grantlog/record'
import { type SdkCode, SdkError } from '../../codes.ts'
import type { Occurrence } from '../../event.ts'
import type { Facts } from '../../facts.ts'
import { createPolicyInForce } from '../../policy-in-force.ts'
import { sha256 } from '../../sha256.ts'
import { instrumentHttpClients } from '../http-client/patch.ts'
import { instrumentHttpServer } from '../http-server/channels.ts'
import { createScopes } from '../scopes.ts'
import { beginWithin, type HoldingOptions, startHolding } from './holding.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

interface Numbered {
  readonly action: string
  readonly guarantee: string | null
  facts: Facts | null
  at: Occurrence | null
  stage: string | null
  readonly safe: () => void
  readonly unsafe: (error: unknown) => void
}

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const rules = {
  routes: [
    { route: '/blocking/*', guarantee: 'blocking' },
    { route: '/spooled', guarantee: 'spooled' },
    { route: '/buffered', guarantee: 'buffered' },
  ],
}

const policyOf = (policy: object): Policy =>
  readPolicy(JSON.stringify({ format: 'grantlog-policy-v1', ...policy }), sha256)

/** A server with all hooks; what is numbered waits for the test to call it safe. */
async function serve(handler: Handler, policy: object = rules, blockingTimeoutMs = 60_000) {
  const numbered: Numbered[] = []
  const notices: string[] = []
  const waiting: [number, () => void][] = []
  let isBroken = false
  const inForce = createPolicyInForce(policyOf(policy))
  const options: HoldingOptions = {
    number: (action, _role, guarantee) => {
      if (isBroken) throw new Error('broken')
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      promise.catch(() => undefined)
      const own: Numbered = {
        ...{ action, guarantee, facts: null, at: null, stage: null },
        ...{ safe: resolve, unsafe: reject },
      }
      numbered.push(own)
      return {
        record: (facts, at) => Object.assign(own, { facts, at }),
        lose: reject,
        until: (stage) => {
          own.stage = stage
          for (const [count, done] of waiting) if (numbered.length >= count) done()
          return promise
        },
        span: () => ({ traceId: '1'.repeat(32), spanId: `${numbered.indexOf(own)}`.repeat(16) }),
      }
    },
    config: {
      policy: inForce,
      blockingTimeoutMs,
    },
    notify: (code: SdkCode, detail = '') => void notices.push(`${code} ${detail}`),
    scopes: createScopes(),
    onError: (error) => void notices.push(String(error)),
  }
  const begin = beginWithin(options.scopes, options.number)
  const hooks = [instrumentHttpServer, instrumentHttpClients].map((start) =>
    start({ ...options, begin, roleClaims: [] }),
  )
  const holding = startHolding(options)
  const responses: ServerResponse[] = []
  const server = createServer((request, response) => {
    responses.push(response)
    handler(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    holding.disable()
    for (const one of hooks) one.disable()
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    numbered,
    notices,
    responses,
    holding,
    change: (next: object) => inForce.change(policyOf(next)),
    breakHooks: () => void (isBroken = true),
    /** Resolves when a response waits for that many records. */
    waits: (count = 1): Promise<void> =>
      new Promise((resolve) => {
        if (numbered.filter(({ stage }) => stage !== null).length >= count) resolve()
        else waiting.push([count, resolve])
      }),
  }
}

const headers = { authorization: 'Bearer token' }
const secret: Handler = (_, response) => {
  response.writeHead(302, { 'set-cookie': 'sid=S3cret', location: '/S3cret', 'x-a': 'S3cret' })
  response.end('S3cret')
}
const isOver = async (promise: Promise<unknown>): Promise<boolean> => {
  const turns = new Promise<'turns'>((resolve) =>
    setImmediate(() => setImmediate(resolve, 'turns')),
  )
  return (await Promise.race([promise, turns])) !== 'turns'
}
const get = (url: string): Promise<Response> => fetch(url, { headers, redirect: 'manual' })

describe('a response', () => {
  test.each([
    ['blocking/1', 'receipted', 'blocking'],
    ['spooled', 'spooled', 'spooled'],
  ])('/%s waits until its record is %s', async (path, stage, guarantee) => {
    const { url, numbered, waits, notices, responses } = await serve(secret)
    const answer = get(`${url}/${path}`)
    await waits()
    expect(numbered).toMatchObject([{ stage, guarantee, facts: { http: { status: 302 } } }])
    expect(await isOver(answer)).toBe(false)
    numbered[0]!.safe()
    const { status, headers: own } = await answer
    expect([status, own.get('set-cookie')]).toEqual([302, 'sid=S3cret'])
    expect(notices).toEqual([])
    expect(Object.hasOwn(responses[0]!, '_writeRaw')).toBe(false)
  })

  test.each<[string, object, object]>([
    ['/buffered', headers, rules],
    ['/elsewhere', headers, rules],
    ['/elsewhere', headers, {}],
    ['/', headers, { guarantee: 'buffered' }],
  ])('%s of another route is not touched', async (path, sent, policy) => {
    const members: string[] = []
    const { url, numbered } = await serve((_, response) => {
      members.push(...Object.getOwnPropertyNames(response))
      response.end('at once')
    }, policy)
    expect(await (await fetch(url + path, { headers: { ...sent } })).text()).toBe('at once')
    expect(members).not.toContain('_writeRaw')
    expect(numbered.map(({ guarantee, stage }) => [guarantee, stage])).toEqual([[null, null]])
  })

  test('waits as soon as the policy asks for it, and no longer than it does', async () => {
    const { change, numbered, url, waits } = await serve(secret, {})
    const guarantees = (): unknown[] => numbered.map(({ guarantee }) => guarantee)
    await get(`${url}/spooled`)
    change(rules)
    const answer = get(`${url}/spooled`)
    await waits()
    expect([guarantees(), await isOver(answer)]).toEqual([[null, 'spooled'], false])
    change({})
    await get(`${url}/spooled`)
    expect(guarantees()).toEqual([null, 'spooled', null])
    numbered[1]!.safe()
    expect((await answer).status).toBe(302)
  })

  test('without a record waits for nothing', async () => {
    const { url, numbered, responses } = await serve((_, response) => response.end('at once'))
    expect(await (await fetch(`${url}/blocking/1`)).text()).toBe('at once')
    expect(numbered).toEqual([])
    expect(Object.hasOwn(responses[0]!, '_flush')).toBe(false)
  })

  test('that refuses waits, too', async () => {
    const { url, numbered, waits } = await serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end(),
    )
    const answer = fetch(`${url}/blocking/1`)
    await waits()
    expect(await isOver(answer)).toBe(false)
    numbered[0]!.safe()
    expect((await answer).status).toBe(401)
  })

  test('waits for all records of its request', async () => {
    const inner = await serve((_, response) => response.end(JSON.stringify({ active: true })), {})
    const { url, numbered, waits } = await serve(async (_, response) => {
      const form = { method: 'POST', body: new URLSearchParams({ token: 'x' }) }
      await (await fetch(`${inner.url}/introspect`, form)).text()
      response.end('ok')
    })
    const answer = get(`${url}/blocking/1`)
    await waits(2)
    expect(numbered.map(({ action, guarantee }) => [action, guarantee])).toEqual([
      ['oauth.introspect', 'blocking'],
      ['oauth.resource_access', 'blocking'],
    ])
    numbered[1]!.safe()
    expect(await isOver(answer)).toBe(false)
    numbered[0]!.safe()
    expect((await answer).status).toBe(200)
  })

  test('of a service that calls itself waits, and so does the inner one: no deadlock', async () => {
    const { url, numbered, waits } = await serve(async (request, response) => {
      if (request.url === '/blocking/outer') await get(`${url}/blocking/inner`)
      response.end(request.url)
    })
    const answer = get(`${url}/blocking/outer`)
    await waits(1)
    numbered[0]!.safe()
    await waits(2)
    numbered[1]!.safe()
    expect(await (await answer).text()).toBe('/blocking/outer')
    expect(numbered.map(({ facts }) => facts?.kind)).toEqual(['access', 'access'])
  })
})

const body = {
  error: 'temporarily_unavailable',
  error_description: expect.stringContaining('RESPONSE_WITHHELD'),
}

describe('what is not safe', () => {
  test('is withheld from a blocking route, and recorded below its record', async () => {
    const { url, numbered, waits, notices } = await serve(secret)
    const answer = get(`${url}/blocking/1`)
    await waits()
    numbered[0]!.unsafe(new SdkError('RECORD_REFUSED', 'KEY_UNKNOWN'))
    const { status, headers: own, ...rest } = await answer
    expect(status).toBe(503)
    expect(Object.fromEntries(own)).toEqual({
      'cache-control': 'no-store',
      connection: 'close',
      'content-length': expect.any(String),
      'content-type': 'application/json',
      date: expect.any(String),
      'retry-after': '5',
    })
    expect(rest).toEqual({})
    expect(await (await answer).json()).toEqual(body)
    expect(notices).toEqual(['RESPONSE_WITHHELD 1 so far: RECORD_REFUSED KEY_UNKNOWN'])
    expect(numbered[1]).toMatchObject({
      action: 'audit.response.withheld',
      facts: { kind: 'withheld', status: 503, cause: 'RECORD_REFUSED' },
      at: { parent: { spanId: '0'.repeat(16) } },
    })
  })

  test('in time is withheld, of HEAD without a body', async () => {
    const { url, port, notices } = await serve(secret, rules, 50)
    expect((await get(`${url}/blocking/1`)).status).toBe(503)
    const socket = connect(port, '127.0.0.1')
    socket.write('HEAD /blocking/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\n\r\n')
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\n\r\n$/)
    expect(answer).not.toContain('S3cret')
    expect(notices.join()).toContain('RESPONSE_WITHHELD 2 so far')
  })

  test.each<[string, boolean]>([
    ['on disk', true],
    ['on disk in time', false],
  ])('%s goes from a spooled route, and is told', async (_, isRefused) => {
    const { url, numbered, waits, notices } = await serve(secret)
    const answer = get(`${url}/spooled`)
    await waits()
    if (isRefused) numbered[0]!.unsafe(new SdkError('SPOOL_UNAVAILABLE', 'ENOSPC'))
    expect((await answer).status).toBe(302)
    expect(notices).toEqual([expect.stringMatching(/^GUARANTEE_LOWERED 1 so far: \w+/)])
    expect(numbered).toHaveLength(1)
  })

  test.each([
    ['blocking/1', 503],
    ['spooled', 302],
  ])('because a hook broke: /%s answers %i', async (path, status) => {
    const served = await serve(secret)
    served.breakHooks()
    expect((await get(`${served.url}/${path}`)).status).toBe(status)
    expect(served.notices[0]).toContain('broken')
  })

  test('when its client has left is no answer to anybody', async () => {
    const { url, numbered, waits, responses } = await serve(secret)
    const controller = new AbortController()
    const left = fetch(`${url}/blocking/1`, { headers, signal: controller.signal })
    await waits()
    const closed = once(responses[0]!, 'close')
    controller.abort()
    await expect(left).rejects.toThrow('abort')
    await closed
    numbered[0]!.unsafe(new SdkError('RECORD_LOST'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(numbered[1]).toMatchObject({ facts: { status: null, cause: 'RECORD_LOST' } })
  })

  test('whose client left before the host answered says nothing more', async () => {
    const { promise: came, resolve: come } = Promise.withResolvers<ServerResponse>()
    const { url, numbered, notices } = await serve((_, response) => come(response))
    const controller = new AbortController()
    const left = fetch(`${url}/blocking/1`, { headers, signal: controller.signal })
    const response = await came
    const closed = once(response, 'close')
    controller.abort()
    await expect(left).rejects.toThrow('abort')
    await closed
    response.end('late')
    while (numbered.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(numbered.map(({ action, guarantee }) => [action, guarantee])).toEqual([
      ['oauth.resource_access', 'blocking'],
    ])
    expect(notices).toEqual([])
  })

  test('is not waited for beyond the end of the audit', async () => {
    for (const how of ['end', 'disable'] as const) {
      const { url, waits, holding } = await serve(secret)
      const answers = [get(`${url}/blocking/1`), get(`${url}/spooled`)]
      await waits(2)
      expect(holding.waiting()).toBe(2)
      holding[how]()
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([503, 302])
      expect(holding.waiting()).toBe(0)
    }
  })

  test('while the handler still writes ends for it, and others are served', async () => {
    const { url, numbered, waits } = await serve((request, response) => {
      if (request.url === '/elsewhere') return void response.end('others')
      response.write('S3cret')
      const more = (): void => {
        if (response.destroyed) return
        response.write('S3cret')
        setImmediate(more)
      }
      more()
    })
    const answer = get(`${url}/blocking/1`)
    await waits()
    expect(await (await get(`${url}/elsewhere`)).text()).toBe('others')
    numbered[0]!.unsafe(new SdkError('RECORD_LOST'))
    expect(await (await answer).json()).toEqual(body)
  })
})
