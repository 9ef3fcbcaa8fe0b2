// The hooks on the page where the user logs in and consents, on a real HTTP server; the provider is
// a stand-in with the two methods that the page calls.
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Facts, InteractionFacts } from '../facts.ts'
import { instrumentOidcProvider } from './oidc-provider/patch.ts'
import { createScopes, type Scopes } from './scopes.ts'

type Handler = (
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<unknown>

const session = { accountId: 'ada', uid: 'session-1', acr: 'otp' }

function promptOf(name: string): Record<string, unknown> {
  const details = {
    missingOIDCScope: ['openid'],
    missingResourceScopes: { 'https://api.example.com': ['orders'] },
  }
  return {
    returnTo: '/auth/uid-1',
    prompt: { name, details: name === 'consent' ? details : {} },
    params: { client_id: 'web', scope: 'openid orders profile' },
    session: name === 'login' ? undefined : session,
  }
}

class Provider extends EventEmitter {
  readonly issuer = 'https://login.example.com'
  interaction: Record<string, unknown> | null = promptOf('login')

  async interactionDetails(_request: unknown, _response: unknown): Promise<unknown> {
    if (this.interaction !== null) return this.interaction
    throw Object.assign(new Error('invalid_request'), { name: 'SessionNotFound' })
  }

  async interactionResult(_request: unknown, _response: unknown, result: unknown) {
    if (this.interaction === null) {
      throw Object.assign(new Error('invalid_request'), { name: 'SessionNotFound' })
    }
    this.emit('interaction.saved', { ...this.interaction, result })
    return '/auth/uid-1'
  }

  async interactionFinished(request: unknown, response: ServerResponse, result: unknown) {
    const location = await this.interactionResult(request, response, result)
    response.writeHead(303, { location }).end()
  }
}

const untouched = Object.getOwnPropertyDescriptors(Provider.prototype)
const close: (() => void)[] = []
afterEach(() => {
  for (const undo of close.splice(0).reverse()) undo()
})

/** Sends one request to a page with this handler; gives what was told of it. */
async function visit(
  handler: Handler,
  { method = 'POST', name = 'login', scopes = createScopes() } = {},
): Promise<{ seen: InteractionFacts[]; status: number; errors: unknown[] }> {
  const seen: Facts[] = []
  const errors: unknown[] = []
  const hooks = instrumentOidcProvider({
    begin: () => ({ record: (facts) => seen.push(facts), lose: (error) => errors.push(error) }),
    scopes,
    onError: (error) => errors.push(error),
    roleClaims: [],
  })
  close.push(hooks.disable)
  hooks.libraries[0]!.onLoad({ Provider })
  const provider = new Provider()
  provider.interaction = promptOf(name)
  const server = createServer((incoming, response) => {
    handler(provider, incoming, response).catch(() => response.writeHead(500).end())
  }).listen(0, '127.0.0.1')
  close.push(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const outgoing = request({ port, method, path: '/interaction/uid-1', agent: false }).end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  await once(answer.resume(), 'end')
  expect(await hooks.settle(10_000)).toBe(0)
  return { seen: seen as InteractionFacts[], status: answer.statusCode ?? 0, errors }
}

const answering =
  (result: unknown): Handler =>
  async (provider, incoming, response) => {
    await provider.interactionDetails(incoming, response)
    return provider.interactionFinished(incoming, response, result)
  }

const ending =
  (status: number): Handler =>
  async (provider, incoming, response) => {
    await provider.interactionDetails(incoming, response)
    return response.writeHead(status).end()
  }

describe('a request to the page makes one record', () => {
  test.each<[string, Handler, string, Partial<InteractionFacts>]>([
    [
      'of a log-in',
      answering({ login: { accountId: 'ada', acr: 'otp', amr: ['pwd'] } }),
      'login',
      { action: 'oauth.login', result: 'success', accountId: 'ada', acr: 'otp', amr: ['pwd'] },
    ],
    [
      'of a consent',
      answering({ consent: { grantId: 'grant-1' } }),
      'consent',
      { action: 'oauth.consent', result: 'success', accountId: 'ada', grantId: 'grant-1' },
    ],
    [
      'of a refusal',
      answering({ error: 'access_denied' }),
      'consent',
      { action: 'oauth.consent', result: 'denied', accountId: 'ada', errorCode: 'access_denied' },
    ],
    [
      'of another error, whose text somebody may have typed',
      answering({ error: 'ada@example.com' }),
      'login',
      { action: 'oauth.login', result: 'failure', accountId: null, errorCode: '_OTHER' },
    ],
    [
      'of a wrong password',
      ending(401),
      'login',
      { action: 'oauth.login', result: 'failure', accountId: null },
    ],
    [
      'of a page that is shown again',
      ending(200),
      'login',
      { action: 'oauth.login', result: 'open', accountId: null },
    ],
    [
      "of a prompt of the application's own that logs somebody in",
      answering({ login: { accountId: 'bob' } }),
      'passkey',
      { action: 'oauth.login', result: 'success', accountId: 'bob' },
    ],
  ])('%s', async (_, handler, name, told) => {
    const { seen, errors } = await visit(handler, { name })
    expect(errors).toEqual([])
    expect(seen).toMatchObject([{ kind: 'interaction', client: { id: 'web' }, ...told }])
  })

  test('of an answer that comes without the question being read', async () => {
    const { seen } = await visit((provider, incoming, response) =>
      provider.interactionFinished(incoming, response, { login: { accountId: 'ada' } }),
    )
    expect(seen).toMatchObject([{ action: 'oauth.login', client: { id: 'web' } }])
  })

  test('of an answer that GET gives, too', async () => {
    const { seen } = await visit(answering({ error: 'access_denied' }), { method: 'GET' })
    expect(seen).toMatchObject([{ result: 'denied', http: { method: 'GET', status: 303 } }])
  })

  test('of an answer that came too late', async () => {
    const { seen, status } = await visit(async (provider, incoming, response) => {
      provider.interaction = null
      return provider.interactionFinished(incoming, response, { login: { accountId: 'ada' } })
    })
    expect(status).toBe(500)
    // Without the interaction nothing shows whether it was a log-in.
    expect(seen).toEqual([])
  })

  test('of an interaction that ended while it was answered', async () => {
    const { seen } = await visit(async (provider, incoming, response) => {
      await provider.interactionDetails(incoming, response)
      provider.interaction = null
      return provider.interactionFinished(incoming, response, { login: { accountId: 'ada' } })
    })
    expect(seen).toMatchObject([
      { action: 'oauth.login', result: 'failure', accountId: null, reason: 'session_ended' },
    ])
  })
})

describe('none', () => {
  test.each<[string, Handler, object]>([
    ['for a page that is only shown', ending(200), { method: 'GET' }],
    ['for a page that cannot be shown', ending(500), { method: 'GET' }],
    ['for a question of the application that no log-in answers', ending(200), { name: 'terms' }],
  ])('%s', async (_, handler, options) => {
    const { seen, errors } = await visit(handler, options)
    expect([seen, errors]).toEqual([[], []])
  })
})

test('scopes: asked for on the page, and granted of what was requested', async () => {
  const { seen } = await visit(
    async (provider, incoming, response) => {
      await provider.interactionDetails(incoming, response)
      provider.emit('grant.saved', {
        jti: 'grant-1',
        openid: { scope: 'openid profile email' },
        resources: { 'https://api.example.com': 'orders refunds' },
        rejected: { openid: { scope: 'openid profile' } },
      })
      const result = { consent: { grantId: 'grant-1' } }
      return provider.interactionFinished(incoming, response, result)
    },
    { name: 'consent' },
  )
  expect(seen[0]?.scope).toEqual({ requested: 'openid orders', granted: 'openid orders' })
})

test('the request is claimed, so that nobody else makes a record of it', async () => {
  const served = { token: null, validation: null, parent: null, isClaimed: false }
  const scopes: Scopes = { ...createScopes(), served: () => served }
  await visit(ending(200), { method: 'GET', scopes })
  expect(served.isClaimed).toBe(false)
  await visit(answering({ login: { accountId: 'ada' } }), { scopes })
  expect(served.isClaimed).toBe(true)
})

test('methods pass on results and errors, keep their arity, and go back', async () => {
  const hooks = instrumentOidcProvider({
    begin: () => ({ record: () => undefined, lose: () => undefined }),
    scopes: createScopes(),
    onError: () => undefined,
    roleClaims: [],
  })
  hooks.libraries[0]!.onLoad({ Provider })
  const { interactionDetails, interactionResult } = Provider.prototype
  expect([interactionDetails.length, interactionResult.length]).toEqual([2, 3])
  expect([interactionDetails.name, interactionResult.name]).toEqual([
    'interactionDetails',
    'interactionResult',
  ])
  const provider = new Provider()
  // Arguments that are no request at all are the library's business.
  expect(await provider.interactionDetails(1, 2)).toBe(provider.interaction)
  expect(await provider.interactionResult(undefined, undefined, {})).toBe('/auth/uid-1')
  provider.interaction = null
  await expect(provider.interactionDetails({}, {})).rejects.toMatchObject({
    name: 'SessionNotFound',
  })
  hooks.disable()
  expect(Object.getOwnPropertyDescriptors(Provider.prototype)).toEqual(untouched)
})
