// @fastify/jwt 9 and 10 (CommonJS), on top of fast-jwt: a plugin that gives each request a method to
// verify its token. Its errors take the place of fast-jwt's, and it asks the application whether
// it still trusts a token that is good.
import {
  type AnyFunction,
  defineInstrumentation,
  type Instrumentation,
  type Wrap,
} from '../defined/definition.ts'
import { type EndedCall, validates } from '../defined/watch.ts'
import { isObject, record, text } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'

const plugin = decorates('requestVerify', validates(tell, { callback: true }))

export const fastifyJwt: Instrumentation = defineInstrumentation({
  name: '@fastify/jwt',
  modules: [
    {
      name: '@fastify/jwt',
      files: ['index.js', 'jwt.js'],
      hooks: { default: plugin, fastifyJwt: plugin },
    },
  ],
})

const reasons: Readonly<Record<string, Reason>> = {
  FAST_JWT_MALFORMED: 'token_malformed',
  FAST_JWT_MISSING_SIGNATURE: 'signature_invalid',
  FST_JWT_AUTHORIZATION_TOKEN_EXPIRED: 'token_expired',
  FST_JWT_AUTHORIZATION_TOKEN_UNTRUSTED: 'token_revoked',
  FST_JWT_BAD_COOKIE_REQUEST: 'request_invalid',
  FST_JWT_BAD_REQUEST: 'request_invalid',
}

/** The claims are fast-jwt's: what the plugin gives is what the application makes of them. */
function tell({ error, hasFailed }: EndedCall): ToldValidation | null {
  if (!hasFailed) return { format: 'jwt' }
  const { code: own, message } = record(error)
  const code = text(own) ?? 'Error'
  // It decodes a token before fast-jwt sees it.
  const isMalformed = /The token is malformed|not a valid/.test(text(message) ?? '')
  const reason = isMalformed ? 'token_malformed' : (reasons[code] ?? 'other')
  return { format: 'jwt', refusal: { code, reason } }
}

/** A plugin that decorates requests with a function of this name, which is wrapped. */
function decorates(name: string, wrap: Wrap): Wrap {
  return (original, seam) => {
    const own = (value: unknown): unknown =>
      typeof value === 'function' && value.name === name
        ? (seam.fenced(() => wrap(value as AnyFunction, seam)) ?? value)
        : value
    return new Proxy(original, {
      apply(target, self, args: unknown[]) {
        const [app] = args
        const before = isObject(app)
          ? Object.getOwnPropertyDescriptor(app, 'decorateRequest')
          : null
        const decorate = record(app).decorateRequest
        if (seam.isOff() || !isObject(app) || typeof decorate !== 'function') {
          return Reflect.apply(target, self, args)
        }
        Reflect.set(app, 'decorateRequest', (key: unknown, value: unknown, ...rest: unknown[]) =>
          Reflect.apply(decorate, app, [key, own(value), ...rest]),
        )
        try {
          return Reflect.apply(target, self, args)
        } finally {
          if (before) Object.defineProperty(app, 'decorateRequest', before)
          else Reflect.deleteProperty(app, 'decorateRequest')
        }
      },
    })
  }
}
