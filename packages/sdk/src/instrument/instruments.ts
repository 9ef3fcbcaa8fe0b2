// All hooks: the generic layer gives every library a record, the libraries' own hooks add to it or
// take its place. A new library is a new line here, and a folder.
import { followAdded, takeOver } from './added.ts'
import { clients } from './clients/clients.ts'
import { startInstrumentation } from './defined/start.ts'
import type { NumberAction } from '../event.ts'
import type { Notify } from '../notice.ts'
import { beginWithin, type HoldingOptions, startHolding } from './guarantee/holding.ts'
import { instrumentFastify } from './fastify/hook.ts'
import { instrumentHono } from './hono/patch.ts'
import { instrumentHttpClients } from './http-client/patch.ts'
import { instrumentHttpServer } from './http-server/channels.ts'
import type { Instrument, Instruments, TokenHookOptions } from './instrument.ts'
import { instrumentJose } from './jose/patch.ts'
import { instrumentKoa } from './koa/patch.ts'
import { mcp } from './mcp/mcp.ts'
import { loadAs, watchModules } from './modules.ts'
import { instrumentOauth4webapi } from './oauth4webapi/patch.ts'
import { instrumentOidcProvider } from './oidc-provider/patch.ts'
import { instrumentOpenidClient } from './openid-client/patch.ts'
import { takeRows } from './rows.ts'
import { createScopes } from './scopes.ts'
import { servers } from './servers/servers.ts'
import { validators } from './validators/validators.ts'

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
  ...[...servers, ...clients, ...mcp, ...validators].map(
    (own) => (options: TokenHookOptions) => startInstrumentation(own, options),
  ),
]

export interface InstrumentsOptions extends Omit<TokenHookOptions, 'begin' | 'scopes'> {
  readonly number: NumberAction
  readonly config: HoldingOptions['config']
  readonly notify: Notify
}

/** Sets all hooks. */
export function startInstruments(options: InstrumentsOptions): Instruments {
  const { onError } = options
  const scopes = createScopes()
  const begin = beginWithin(scopes, options.number)
  const hookOptions = { ...options, begin, scopes }
  const all = instruments.map((start) => start(hookOptions))
  const holding = startHolding({ ...options, scopes })
  const unwatch = watchModules(
    all.flatMap(({ libraries }) => libraries),
    onError,
  )
  const untake = takeOver((name, exports) => {
    const libraries = all.flatMap((one) => one.libraries)
    return loadAs(libraries, { name, exports }, onError)
  })
  const untakeRows = takeRows(scopes, onError)
  const unfollow = followAdded((own) => {
    const one = startInstrumentation(own, hookOptions)
    const unwatchOne = watchModules(one.libraries, onError)
    all.push(one)
    return () => {
      unwatchOne()
      one.disable()
      all.splice(all.indexOf(one), 1)
    }
  })
  return {
    isHooked: () => all.some((one) => one.isHooked()),
    settle: async (timeoutMs) => {
      const left = await Promise.all(all.map((one) => one.settle(timeoutMs)))
      return left.reduce((sum, count) => sum + count, 0)
    },
    endHeld: async (sendAll) => {
      if (holding.waiting() === 0) return
      await sendAll()
      holding.end()
    },
    disable: () => {
      unwatch()
      unfollow()
      untake()
      untakeRows()
      holding.disable()
      for (const one of all) one.disable()
    },
  }
}
