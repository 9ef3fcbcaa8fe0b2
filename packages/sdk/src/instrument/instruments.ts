// All hooks: the generic layer gives every library a record, the libraries' own hooks add to it or
// take its place. A new library is a new line here, and a folder.
import { instrumentFastify } from './fastify/hook.ts'
import { instrumentHono } from './hono/patch.ts'
import { instrumentHttpClients } from './http-client/patch.ts'
import { instrumentHttpServer } from './http-server/channels.ts'
import type { Instrument, Instruments, TokenHookOptions } from './instrument.ts'
import { instrumentJose } from './jose/patch.ts'
import { instrumentKoa } from './koa/patch.ts'
import { watchModules } from './modules.ts'
import { instrumentOauth4webapi } from './oauth4webapi/patch.ts'
import { instrumentOidcProvider } from './oidc-provider/patch.ts'
import { instrumentOpenidClient } from './openid-client/patch.ts'
import { createScopes } from './scopes.ts'

const instruments: readonly ((options: TokenHookOptions) => Instrument)[] = [
  instrumentHttpServer,
  instrumentHttpClients,
  instrumentFastify,
  instrumentHono,
  instrumentKoa,
  instrumentJose,
  instrumentOauth4webapi,
  instrumentOidcProvider,
  instrumentOpenidClient,
]

/** Sets all hooks. */
export function startInstruments(options: Omit<TokenHookOptions, 'scopes'>): Instruments {
  const { onError } = options
  const scopes = createScopes()
  const all = instruments.map((start) => start({ ...options, scopes }))
  const unwatch = watchModules(
    all.flatMap(({ libraries }) => libraries),
    onError,
  )
  return {
    isHooked: () => all.some((one) => one.isHooked()),
    settle: async (timeoutMs) => {
      const left = await Promise.all(all.map((one) => one.settle(timeoutMs)))
      return left.reduce((sum, count) => sum + count, 0)
    },
    disable: () => {
      unwatch()
      for (const one of all) one.disable()
    },
  }
}
