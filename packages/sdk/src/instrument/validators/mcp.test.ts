import { expect, test } from '@jest/globals'
import { tryInstrumentation } from '../../trial.ts'
import type { AnyFunction } from '../defined/definition.ts'
import { mcpSdk } from './mcp.ts'

interface Verifier {
  verifyAccessToken: (token: string) => unknown
}

test('a verifier that is given another method later is asked by that', async () => {
  const trial = tryInstrumentation(mcpSdk)
  const { name } = mcpSdk.modules[0]!
  const { requireBearerAuth } = trial.load(name, {
    requireBearerAuth:
      ({ verifier }: { verifier: Verifier }) =>
      async (request: { auth: unknown }, _: unknown, next: () => void) => {
        request.auth = await verifier.verifyAccessToken('a-token')
        next()
      },
  } as Record<string, AnyFunction>)
  const verifier: Verifier = { verifyAccessToken: async () => ({ clientId: 'first' }) }
  const guard = requireBearerAuth!({ verifier }) as AnyFunction
  verifier.verifyAccessToken = async function (this: unknown) {
    return { clientId: this === verifier ? 'second' : 'another' }
  }
  const request = { auth: null }
  await guard(request, {}, () => undefined)
  expect(request.auth).toEqual({ clientId: 'second' })
  trial.disable()
})
