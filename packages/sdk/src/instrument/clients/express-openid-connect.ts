// express-openid-connect 3 (CommonJS): log-ins, log-outs, and logout tokens that its
// authorization server sends. What it asks goes through openid-client, which has records of it.
import type { CallErrorFacts } from '../../facts.ts'
import { withLast } from '../client-call/callback.ts'
import { networkFailure } from '../client-call/failure.ts'
import {
  type AnyFunction,
  defineInstrumentation,
  type Instrumentation,
} from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import type { ToldCall } from '../defined/call.ts'
import { ends } from '../defined/watch.ts'
import { decodeJwt } from '../client-call/jwt.ts'
import type { Login, Validating } from '../scopes.ts'
import { isObject, type Members, record, text } from '../unknown.ts'
import { clientFailure } from './told.ts'

export const expressOpenidConnect: Instrumentation = defineInstrumentation({
  name: 'express-openid-connect',
  modules: [
    {
      name: 'express-openid-connect/lib/context',
      files: ['lib/context.js'],
      hooks: {
        'ResponseContext#callback': withinLogin(
          ends((self) => {
            const context = contexts.get(self as object)
            const before = idTokenOf(context)
            return () => loggedIn(context, before)
          }),
        ),
        'ResponseContext#logout': ends((self) => {
          const context = contexts.get(self as object)
          const claims = claimsOf(context)
          return () => loggedOut(context, claims)
        }),
        'ResponseContext#backchannelLogout': withinValidation,
        ResponseContext: watchContexts,
      },
    },
  ],
})

/** What a context is made of: it hides that. */
interface Context {
  readonly config: Members
  readonly request: Members
  readonly response: Members
  /** What it gave to `next`. */
  failure: unknown
  readonly login: Login
}

const contexts = new WeakMap<object, Context>()

/** `new ResponseContext(config, request, response, next, …)`. */
function watchContexts(original: AnyFunction, seam: Seam): AnyFunction {
  return new Proxy(original, {
    construct(target, args: unknown[], newTarget) {
      if (seam.isOff()) return Reflect.construct(target, args, newTarget) as object
      const [config, request, response] = args
      const context: Context = {
        ...{ config: record(config), request: record(request), response: record(response) },
        failure: undefined,
        login: { failure: null },
      }
      const head = withLast(args.slice(0, 4), ([error]) => void (context.failure = error))
      const own = head === null ? args : [...head, ...args.slice(4)]
      const made = Reflect.construct(target, own, newTarget) as object
      contexts.set(made, context)
      return made
    },
  })
}

/** What openid-client refuses before it asks is told here. */
function withinLogin(wrap: (original: AnyFunction, seam: Seam) => AnyFunction): typeof wrap {
  return (original, seam) =>
    new Proxy(wrap(original, seam), {
      apply(target, self, args: unknown[]) {
        const served = seam.scopes.served()
        const context = contexts.get(self as object)
        if (served !== undefined && context !== undefined && !seam.isOff()) {
          served.login = context.login
        }
        return Reflect.apply(target, self, args)
      },
    })
}

function claimsOf(context: Context | undefined): Members {
  return record(record(context?.request.oidc).idTokenClaims)
}

function toldOf(
  action: string,
  { config }: Context,
): Pick<ToldCall, 'action' | 'issuer' | 'clientId'> {
  return { action, issuer: text(config.issuerBaseURL), clientId: text(config.clientID) }
}

function idTokenOf(context: Context | undefined): string | null {
  return text(record(context?.request.oidc).idToken)
}

/** `before`: the ID token that the user had, who may be logged in already. */
function loggedIn(context: Context | undefined, before: string | null): ToldCall | null {
  if (context === undefined) return null
  const told = toldOf('oauth.login', context)
  const { failure } = context
  if (failure !== undefined && failure !== null) {
    return { ...told, error: context.login.failure ?? failureOf(failure) }
  }
  // Who comes back a second time with the same answer is sent on.
  if (before !== null && before === idTokenOf(context)) return null
  const subject = claimsOf(context)
  // A silent log-in that nobody was there for ends like any other.
  if (text(subject.sub) === null) return { ...told, error: clientFailure(null, 'login_required') }
  return { ...told, subject }
}

/** Of its own errors one alone says what it is about. */
function failureOf(failure: unknown): CallErrorFacts {
  const isState = /cookie not found/.test(text(record(failure).message) ?? '')
  if (isState) return clientFailure(null, 'state_mismatch')
  const unreached = networkFailure(failure)
  return unreached.reason === null ? clientFailure(null, 'other') : unreached
}

function loggedOut(context: Context | undefined, subject: Members): ToldCall | null {
  // Who was not logged in is sent on.
  if (context === undefined || text(subject.sub) === null) return null
  const { failure } = context
  const error = isObject(failure) ? failureOf(failure) : null
  return { ...toldOf('oauth.end_session', context), subject, error }
}

const event = 'http://schemas.openid.net/event/backchannel-logout'

/** It answers itself; why jose refused the token, jose has said. */
function toldToLogOut(
  context: Context | undefined,
  { said }: Pick<Validating, 'said'>,
): ToldCall | null {
  if (context === undefined) return null
  const told = toldOf('oauth.backchannel_logout', context)
  const token = text(record(context.request.body).logout_token)
  if (token === null) return { ...told, error: clientFailure(null, 'token_missing') }
  const refusal = said.findLast(({ facts }) => facts.error !== null)?.facts.error
  if (refusal) return { ...told, error: clientFailure(null, refusal.reason) }
  const claims = record(decodeJwt(token)?.claims)
  if (context.response.statusCode === 204) return { ...told, subject: claims }
  if (said.length === 0) return { ...told, error: clientFailure(null, 'other') }
  const { sub, sid, nonce, events } = claims
  const isRight = isObject(record(events)[event]) && nonce === undefined && (sub ?? sid)
  return { ...told, error: clientFailure(null, isRight ? 'internal' : 'claim_invalid') }
}

/** Has jose tell what it made of the logout token, of which this makes the record. */
function withinValidation(original: AnyFunction, seam: Seam): AnyFunction {
  const { scopes } = seam
  const running = new WeakMap<object, Validating>()
  const watched = ends((self) => {
    const context = contexts.get(self as object)
    const validating = running.get(self as object) ?? { said: [] }
    return () => toldToLogOut(context, validating)
  })(original, seam)
  return new Proxy(watched, {
    apply(target, self: unknown, args: unknown[]) {
      if (seam.isOff() || !isObject(self)) return Reflect.apply(target, self, args)
      const validating: Validating = { said: [], isOver: false, outer: scopes.validating() }
      running.set(self, validating)
      return scopes.validate(validating, () => Reflect.apply(target, self, args))
    },
  })
}
