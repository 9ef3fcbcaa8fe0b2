// @fastify/oauth2 8 (CommonJS), a plugin on top of simple-oauth2. What it decorates the server with
// is made when the plugin is, so it is watched from there.
import type { CallErrorFacts } from '../../facts.ts'
import { withLast } from '../client-call/callback.ts'
import type { SeenCall } from '../client-call/library.ts'
import {
  type AnyFunction,
  defineInstrumentation,
  type Instrumentation,
} from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import type { ToldCall } from '../defined/call.ts'
import { asks } from '../defined/watch.ts'
import { membersOf, type Members, record, text } from '../unknown.ts'
import { boomFailure, revocation } from './simple-oauth2.ts'
import { clientFailure } from './told.ts'

const both = { callback: true }
const hooks = {
  getAccessTokenFromAuthorizationCodeFlow: asks(tellCode, both),
  getNewAccessTokenUsingRefreshToken: asks((seen) => {
    const { refresh_token: refreshToken } = record(seen.args[0])
    return tellToken(seen, { grant_type: 'refresh_token', refresh_token: refreshToken })
  }, both),
  revokeToken: asks((seen) => {
    const [token, type] = seen.args
    const parameters = { token: record(token)[text(type) ?? ''], token_type_hint: type }
    return revocation(seen, parameters)
  }, both),
  userinfo: asks((seen) => {
    const [given] = seen.args
    const token = text(given) ?? record(given).access_token
    const parameters = { token, token_type_hint: 'access_token' }
    return { action: 'oauth.userinfo', parameters, answer: seen.result }
  }, both),
}

export const fastifyOauth2: Instrumentation = defineInstrumentation({
  name: '@fastify/oauth2',
  modules: [
    {
      name: '@fastify/oauth2',
      files: ['index.js'],
      hooks: {
        ...{ 'default.default': watchPlugin, 'default.fastifyOauth2': watchPlugin },
        ...{ default: watchPlugin, fastifyOauth2: watchPlugin },
      },
    },
  ],
})

/** The module is the plugin, and has it as two of its members: they stay the same. */
const plugins = new WeakMap<Seam, WeakMap<AnyFunction, AnyFunction>>()

function watchPlugin(original: AnyFunction, seam: Seam): AnyFunction {
  const known = plugins.get(seam) ?? new WeakMap<AnyFunction, AnyFunction>()
  const watched = known.get(original) ?? watchedPlugin(original, seam)
  plugins.set(seam, known.set(original, watched))
  return watched
}

/** A plugin calls its last argument when it is done, and then the server has its methods. */
function watchedPlugin(original: AnyFunction, seam: Seam): AnyFunction {
  return new Proxy(original, {
    apply(target, self, args: unknown[]) {
      const [fastify, options] = args
      const onDone = (): void => void seam.fenced(() => watchServer(fastify, options, seam))
      const watched = seam.isOff() ? null : withLast(args, onDone)
      return Reflect.apply(target, self, watched ?? args)
    },
  })
}

function watchServer(fastify: unknown, options: unknown, seam: Seam): void {
  const server = membersOf(fastify)[text(record(options).name) ?? '']
  for (const [name, wrap] of Object.entries(hooks)) {
    const original = record(server)[name]
    if (typeof original === 'function') {
      Reflect.set(server as object, name, wrap(original as AnyFunction, seam))
    }
  }
}

/** The request to come back with is checked before anything is asked. */
function tellCode(seen: SeenCall): ToldCall {
  const { exchanges, error, hasFailed } = seen
  if (!hasFailed || exchanges.length > 0) return tellToken(seen, codeGrant)
  return { action: 'oauth.authorize', error: stateFailure(error) }
}

const codeGrant = { grant_type: 'authorization_code' }

function stateFailure(error: unknown): CallErrorFacts {
  const isState = record(error).message === 'Invalid state'
  return clientFailure(null, isState ? 'state_mismatch' : 'other')
}

function tellToken(seen: SeenCall, parameters: Members): ToldCall {
  const answer = record(record(seen.result).token)
  return { action: 'oauth.token', parameters, answer, ...boomFailure(seen) }
}
