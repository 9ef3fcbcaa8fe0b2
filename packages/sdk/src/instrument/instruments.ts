// All hooks: the generic layer gives every library a record, the libraries' own hooks add to it or
// take its place. A new library is a new line here, and a folder.
import type { Begin } from '../event.ts'
import type { RoleClaims } from './claims.ts'
import type { OnHookError } from './fence.ts'
import { instrumentFastify } from './fastify/hook.ts'
import { instrumentHono } from './hono/patch.ts'
import { instrumentHttpClients } from './http-client/patch.ts'
import { instrumentHttpServer } from './http-server/channels.ts'
import { instrumentJose } from './jose/patch.ts'
import { instrumentKoa } from './koa/patch.ts'
import { type Library, watchModules } from './modules.ts'
import { instrumentOauth4webapi } from './oauth4webapi/patch.ts'
import { instrumentOidcProvider } from './oidc-provider/patch.ts'
import { instrumentOpenidClient } from './openid-client/patch.ts'
import { createScopes, type Scopes } from './scopes.ts'

/** What a hook is given. */
export interface HookOptions {
  readonly begin: Begin
  readonly scopes: Scopes
  readonly onError: OnHookError
}

/** The same for hooks that see tokens validated. */
export interface TokenHookOptions extends HookOptions {
  readonly roleClaims: RoleClaims
}

/** The hooks of one library or one part of Node. */
export interface Instrument {
  /** What has to be loaded for them. */
  readonly libraries: readonly Library[]
  /** Whether they are, or will be, called: the library was loaded, or an OAuth request was seen. */
  readonly isHooked: () => boolean
  /** Resolves with how many actions still run: when it is none, or after `timeoutMs`. */
  readonly settle: (timeoutMs: number) => Promise<number>
  /** Takes the hooks out; those that cannot go do nothing from then on. */
  readonly disable: () => void
}

export type Instruments = Omit<Instrument, 'libraries'>

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
