// What the application does outside of the library's requests; the provider is a stand-in.
import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Facts } from '../../facts.ts'
import { createScopes } from '../scopes.ts'
import { savedMax } from './interaction.ts'
import { instrumentOidcProvider } from './patch.ts'

class Provider extends EventEmitter {
  static ctx: object | undefined
  readonly issuer = 'https://login.example.com'

  async backchannelResult(request: unknown, result: unknown, _options = {}): Promise<void> {
    const model = typeof request === 'string' ? { jti: request, ...stored } : request
    if (result === 'broken') throw new TypeError('invalid "result" argument')
    const error = result instanceof Error ? { error: result.message } : { grantId: 'grant-1' }
    Object.assign(model as object, error)
    this.emit('backchannel_authentication_request.saved', model)
  }
}

const stored = { accountId: 'ada', clientId: 'bank', scope: 'openid orders typed' }

function setUp() {
  const seen: Facts[] = []
  const errors: unknown[] = []
  const hooks = instrumentOidcProvider({
    begin: () => ({ record: (facts) => seen.push(facts), lose: (error) => errors.push(error) }),
    scopes: createScopes(),
    onError: (error) => errors.push(error),
    roleClaims: [],
  })
  hooks.libraries[0]!.onLoad({ Provider })
  undo = hooks.disable
  return { provider: new Provider(), seen, errors, hooks }
}

let undo = (): void => undefined
afterEach(() => {
  undo()
  Provider.ctx = undefined
})

const model = {
  jti: 'the-token-or-id',
  clientId: 'web',
  accountId: 'ada',
  grantId: 'grant-1',
  sessionUid: 'session-1',
}

describe('the application ends', () => {
  test.each([
    ['access_token', { what: 'access_token', token: 'the-token-or-id', grantId: 'grant-1' }],
    ['client_credentials', { what: 'access_token', token: 'the-token-or-id' }],
    ['refresh_token', { what: 'refresh_token', token: 'the-token-or-id' }],
    ['grant', { what: 'grant', token: null, grantId: 'the-token-or-id' }],
    ['session', { what: 'session', token: null, action: 'oauth.end_session' }],
  ])('%s', (kind, told) => {
    const { provider, seen } = setUp()
    provider.emit(`${kind}.destroyed`, model)
    expect(seen).toMatchObject([
      { kind: 'ended', accountId: 'ada', client: { id: 'web' }, ...told },
    ])
  })

  test('nothing that the library ends in its own requests', () => {
    const { provider, seen } = setUp()
    Provider.ctx = {}
    provider.emit('refresh_token.destroyed', model)
    expect(seen).toEqual([])
  })

  test.each(['interaction.destroyed', 'access_token.saved', 'constructor', 'own.destroyed'])(
    'nothing by %s',
    (event) => {
      const { provider, seen, errors } = setUp()
      provider.emit(event, model)
      provider.emit(event)
      expect([seen, errors]).toEqual([[], []])
    },
  )
})

describe('an answer on another device', () => {
  test.each<[string, unknown, object]>([
    ['yes', { openid: { scope: 'openid orders' } }, { result: 'success', grantId: 'grant-1' }],
    ['no', new Error('access_denied'), { result: 'denied', errorCode: 'access_denied' }],
    ['a failure', new Error('ada@example.com'), { result: 'failure', errorCode: '_OTHER' }],
  ])('%s', async (_, result, told) => {
    const { provider, seen } = setUp()
    await provider.backchannelResult('request-id', result)
    await provider.backchannelResult({ jti: 'other', ...stored }, result)
    const all = { action: 'oauth.consent', http: null, accountId: 'ada', client: { id: 'bank' } }
    expect(seen).toMatchObject([
      { ...all, ...told },
      { ...all, ...told },
    ])
  })

  test('tells the scopes of the grant, not what the client typed', async () => {
    const { provider, seen } = setUp()
    await provider.backchannelResult('id', { openid: { scope: 'openid orders more' } })
    expect(seen).toMatchObject([{ scope: { requested: null, granted: 'openid orders' } }])
  })

  test.each([
    [savedMax - 1, 1],
    [savedMax, 0],
  ])('that takes long keeps at most so many requests: %d more, told %d', async (more, told) => {
    const { provider, seen } = setUp()
    const answered = provider.backchannelResult('id', {})
    for (let i = 0; i < more; i++) {
      provider.emit('backchannel_authentication_request.saved', { jti: `${i}`, ...stored })
    }
    await answered
    expect(seen).toHaveLength(told)
  })

  test('that the library does not take is none', async () => {
    const { provider, seen, errors } = setUp()
    await expect(provider.backchannelResult('id', 'broken')).rejects.toThrow('invalid "result"')
    expect([seen, errors]).toEqual([[], []])
  })
})
