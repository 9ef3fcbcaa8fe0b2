import { expect, test } from '@jest/globals'
import { tryInstrumentation } from '../trial.ts'
import type { AnyFunction } from './defined/definition.ts'
import { inFront } from './front.ts'
import { mcp } from './mcp/mcp.ts'
import { mcpSdk } from './validators/mcp.ts'

class Options {
  readonly #issuer = 'https://login.example'
  readonly verifier = { verifyAccessToken: () => null }
  readonly provider = this.verifier
  get issuer(): string {
    return this.#issuer
  }
}

test('options whose getters read private members are read as without hooks', () => {
  const maker = ((options: Options) => options.issuer) as unknown as AnyFunction
  const name = '@modelcontextprotocol/sdk/dist/cjs/server/auth/'
  const router = tryInstrumentation(mcp[0]!)
  const guard = tryInstrumentation(mcpSdk)
  const { mcpAuthRouter } = router.load(`${name}router`, { mcpAuthRouter: maker })
  const { requireBearerAuth } = guard.load(`${name}middleware/bearerAuth`, {
    requireBearerAuth: maker,
  })
  const options = Object.freeze(new Options())
  expect([mcpAuthRouter(options), requireBearerAuth(options)]).toEqual([
    ...['https://login.example', 'https://login.example'],
  ])
  router.disable()
  guard.disable()
})

test('it is of the same class, and has the same members, but for its own', () => {
  const options = Object.freeze(new Options())
  const front = inFront(options, { provider: 'another' }) as Options
  expect(front).toBeInstanceOf(Options)
  expect([Object.keys(front), 'issuer' in front, 'other' in front]).toEqual([
    ...[Object.keys(options), true, false],
  ])
  expect({ ...front }).toEqual({ verifier: options.verifier, provider: 'another' })
})
