import { AsyncResource } from 'node:async_hooks'
import { expect, test } from '@jest/globals'
import type { HttpFacts } from '../../facts.ts'
import type { AnyFunction } from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { type Asked, askedNow } from './asked.ts'
import { serverHooks } from './server.ts'

const http: HttpFacts = {
  ...{ method: 'POST', route: null, target: null, status: 200 },
  ...{ clientAddress: null, userAgent: null },
}

interface Provider {
  exchangeAuthorizationCode: () => Promise<object>
}

test('what is kept alive by a request keeps none of its secrets after its end', async () => {
  let tell: Parameters<Seam['tellAtEnd']>[1] | undefined
  const served: { context?: null } = {}
  const seam = {
    isOff: () => false,
    fenced: <T>(hook: () => T): T => hook(),
    servedOf: () => served,
    tellAtEnd: (_: unknown, own: typeof tell) => void (tell = own),
  } as unknown as Seam
  let kept: Asked | undefined
  const tokenHandler: AnyFunction = (options) => async () => {
    kept = askedNow.getStore()
    const ask = () => (options as { provider: Provider }).provider.exchangeAuthorizationCode()
    await ask()
    return AsyncResource.bind(ask)
  }
  const provider = { exchangeAuthorizationCode: async () => ({ access_token: 'S3cret' }) }
  const wrapped = serverHooks.tokenHandler!(tokenHandler, seam)
  const handle = wrapped.call(null, { provider }) as AnyFunction
  const later = (await handle(
    { method: 'POST', body: { code: 'S3cret' } },
    {},
    () => undefined,
  )) as () => Promise<object>
  expect(tell!(http)).toMatchObject({ succeeded: true, answer: { access_token: 'S3cret' } })
  served.context = null
  await later()
  expect(JSON.stringify(kept)).not.toContain('S3cret')
})

test("what is no method of a provider's is what it was", () => {
  class Failure extends Error {}
  const provider = {
    Failure,
    authorize(_client: unknown, _parameters: unknown, _response: unknown): unknown {
      return this
    },
  }
  let given!: typeof provider
  const seam = { isOff: () => false, fenced: <T>(hook: () => T): T => hook() } as unknown as Seam
  const make: AnyFunction = (options) => {
    given = (options as { provider: typeof given }).provider
  }
  serverHooks.authorizationHandler!(make, seam)({ provider })
  expect(new given.Failure('x')).toBeInstanceOf(Failure)
  expect([given.authorize.name, given.authorize.length]).toEqual(['authorize', 3])
  expect(given.authorize(1, 2, 3)).toBe(provider)
})
