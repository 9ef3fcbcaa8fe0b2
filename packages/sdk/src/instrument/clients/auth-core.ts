// @auth/core, and next-auth 5 on top of it: log-ins and log-outs, by what it tells the events and
// the logger of the application. The requests within a log-in have their own (oauth4webapi).
//
// Bundlers copy it into the application, where no hook sees it: its configuration goes through
// `auditedAuth` there (../../bundled.ts), which is hooked like a member of the library.
import { isPromise } from 'node:util/types'
import type { CallErrorFacts } from '../../facts.ts'
import {
  type AnyFunction,
  defineInstrumentation,
  type Instrumentation,
} from '../defined/definition.ts'
import { callFacts, type ToldCall } from '../defined/call.ts'
import type { Seam } from '../defined/seam.ts'
import { libraryFailure } from '../oauth4webapi/error.ts'
import { isObject, type Members, record, text } from '../unknown.ts'
import { clientFailure } from './told.ts'

export const authCore: Instrumentation = defineInstrumentation({
  name: '@auth/core',
  modules: [
    {
      name: '@auth/core',
      files: ['index.js'],
      hooks: { Auth: withConfig(1), auditedAuth: asConfig },
    },
  ],
})

/** A function whose argument at `index` is the configuration. */
function withConfig(index: number) {
  return (original: AnyFunction, seam: Seam): AnyFunction =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        const own = isObject(args[index]) ? seam.fenced(() => audited(args[index], seam)) : null
        const all = own === null ? args : args.with(index, own)
        return Reflect.apply(target, self, seam.isOff() ? args : all)
      },
    })
}

/** A function that gives its argument: a configuration, or what makes one for each request. */
function asConfig(original: AnyFunction, seam: Seam): AnyFunction {
  const own = (config: unknown): unknown =>
    seam.isOff() || !isObject(config)
      ? config
      : (seam.fenced(() => audited(config, seam)) ?? config)
  return new Proxy(original, {
    apply: (_target, _self, [config]: unknown[]) =>
      typeof config === 'function' ? makesConfig(config as AnyFunction, own) : own(config),
  })
}

function makesConfig(original: AnyFunction, own: (config: unknown) => unknown): AnyFunction {
  return new Proxy(original, {
    apply: (target, self, args: unknown[]) => {
      const made = Reflect.apply(target, self, args)
      return isPromise(made) ? made.then(own) : own(made)
    },
  })
}

/** Configurations that are watched already. */
const known = new WeakSet<object>()

/** The same configuration, whose events and errors are told first. */
function audited(config: unknown, seam: Seam): unknown {
  if (known.has(config as object)) return config
  const all = { ...(config as Members) }
  // Providers and profiles are the application's, and may throw when they are looked at.
  const telling =
    (tell: (said: unknown) => ToldCall | null): OnCall =>
    ([said]) =>
      void seam.fenced(() => tellOf(tell(said), seam))
  all.events = {
    ...record(all.events),
    signIn: first(
      record(all.events).signIn,
      telling((said) => loggedIn(said, all)),
    ),
    signOut: first(record(all.events).signOut, telling(loggedOut)),
  }
  watchLogger(all, telling(refused))
  known.add(all)
  return all
}

type OnCall = (args: readonly unknown[]) => void

/** A function of the application, with what is told before it is called; it need not be there. */
function first(original: unknown, onCall: OnCall): AnyFunction {
  return function (this: unknown, ...args) {
    onCall(args)
    return typeof original === 'function' ? Reflect.apply(original, this, args) : undefined
  }
}

/** Without a logger of the application the library sets its own, which goes on writing. */
function watchLogger(config: Record<string, unknown>, onError: OnCall): void {
  const given = config.logger
  let logger = isObject(given) ? withError(given, first(record(given).error, onError)) : undefined
  // Without a function of the application's there is that of the library.
  if (logger !== undefined && typeof record(given).error !== 'function') logger = undefined
  Object.defineProperty(config, 'logger', {
    get: () => logger ?? given,
    set: (own: { error?: unknown }) => {
      // It uses the very object that it sets.
      own.error = first(own.error, onError)
      logger = own as typeof logger
    },
    enumerable: true,
    configurable: true,
  })
}

/** A logger may be of a class, whose other methods are not its own members. */
function withError(logger: object, error: AnyFunction): object {
  const member = { value: error, configurable: true, enumerable: true, writable: true }
  return Object.create(logger, { error: member }) as object
}

function tellOf(told: ToldCall | null, seam: Seam): void {
  if (told === null || seam.isOff()) return
  const { library, options, calls } = seam
  const seen = { self: null, args: [], exchanges: [], result: null, error: null, hasFailed: false }
  calls
    .open()
    .end(told.action, () => callFacts(told, { library, seen, roleClaims: options.roleClaims }))
}

/** Options of a provider are in it, or beside what the library makes of them. */
function providerOf(id: unknown, { providers }: Members): Members {
  const all = Array.isArray(providers) ? (providers as unknown[]) : []
  const own = all.map((one) => record(typeof one === 'function' ? (one as () => unknown)() : one))
  const found = own.find((one) => one.id === id) ?? {}
  return { ...found, ...record(found.options) }
}

function loggedIn(said: unknown, config: Members): ToldCall {
  const { account, profile, user } = record(said)
  const { provider, providerAccountId: id } = record(account)
  const { clientId, issuer } = providerOf(provider, config)
  const sub = text(record(profile).sub) ?? text(id) ?? text(record(user).id)
  return {
    action: 'oauth.login',
    issuer: text(issuer),
    clientId: text(clientId),
    idp: text(provider),
    subject: { ...record(profile), sub },
  }
}

function loggedOut(said: unknown): ToldCall {
  const { token, session } = record(said)
  const sub = text(record(token).sub) ?? text(record(session).userId)
  return { action: 'oauth.end_session', subject: { sub } }
}

/** By the name of its error. */
const reasons: Readonly<Record<string, string>> = {
  AccessDenied: 'access_denied',
  AccountNotLinked: 'account_unknown',
  CredentialsSignin: 'account_unknown',
  OAuthAccountNotLinked: 'account_unknown',
  Verification: 'token_unknown',
}

/** What it logs of a log-in or a log-out; of anything else nothing is told. */
function refused(error: unknown): ToldCall | null {
  const { type, message, cause } = record(error)
  const name = text(type) ?? ''
  const login = { action: 'oauth.login' }
  if (name === 'SignOutError') {
    return { action: 'oauth.end_session', error: clientFailure(null, 'internal') }
  }
  if (name === 'InvalidCheck') return { ...login, error: checkFailure(text(message) ?? '') }
  if (name === 'OAuthCallbackError') {
    // The answer's code is lost on the way here; the record of its check has it.
    return { ...login, error: clientFailure('oauth_callback_error', 'other') }
  }
  if (name === 'CallbackRouteError') return { ...login, error: routeFailure(record(cause).err) }
  if (!Object.hasOwn(reasons, name)) return null
  return { ...login, error: clientFailure(null, reasons[name]!) }
}

function checkFailure(message: string): CallErrorFacts {
  if (/pkce/i.test(message)) return clientFailure(null, 'pkce_missing')
  return clientFailure(null, /nonce/i.test(message) ? 'nonce_mismatch' : 'state_mismatch')
}

/** Of oauth4webapi, or of the application's own callbacks. */
function routeFailure(error: unknown): CallErrorFacts {
  const failure = libraryFailure(error)
  const isOwn = failure.by === 'network' && failure.reason === null
  return isOwn ? clientFailure(null, 'internal') : failure
}
