// passport 0.4 to 0.7 (CommonJS), and @nestjs/passport on top of it. Whatever a strategy is, it
// ends by one of the functions that passport gives it: so each strategy gets an object in front of
// it, in which these are watched.
//
// A strategy that looks at no token (a form, the return from another site) is a log-in:
// passport-login.ts. One that succeeds by a session, or by anything else that we do not know, says
// nothing of the token that stands beside it, which may be anybody's.
import { watchFunction } from '../client-call/promise.ts'
import {
  type AnyFunction,
  defineInstrumentation,
  type Instrumentation,
  type Wrap,
} from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { presentedBy } from '../presented.ts'
import type { ServedRequest } from '../scopes.ts'
import { isObject, membersOf, record, text } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'
import { jsonwebtokenRefusal } from './jsonwebtoken.ts'
import { keyRefusal } from './keys.ts'
import { type End, type OnEnd, openLogin, userOf } from './passport-login.ts'

export const passport: Instrumentation = defineInstrumentation({
  name: 'passport',
  modules: [
    {
      name: 'passport',
      files: ['lib/index.js'],
      hooks: {
        'Authenticator#_strategy': findsStrategy(),
        'Authenticator#authenticate': takesStrategies(),
        'Authenticator#authorize': takesStrategies(),
      },
    },
  ],
})

type Front = (strategy: unknown, name: unknown) => unknown

/** By its name. */
function findsStrategy(): Wrap {
  return (original, seam) => {
    const front = frontOf(seam)
    return new Proxy(original, {
      apply(target, self, args: unknown[]) {
        const found: unknown = Reflect.apply(target, self, args)
        return seam.isOff() ? found : front(found, args[0])
      },
    })
  }
}

/** Or given itself, alone or in a list. */
function takesStrategies(): Wrap {
  return (original, seam) => {
    const front = frontOf(seam, true)
    const own = (one: unknown): unknown => (isObject(one) ? front(one, record(one).name) : one)
    return new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff()) return Reflect.apply(target, self, args)
        const [given, ...rest] = args
        const first: unknown = Array.isArray(given) ? given.map(own) : own(given)
        return Reflect.apply(target, self, args.length === 0 ? [] : [first, ...rest])
      },
    })
  }
}

/**
 * The object in front of a strategy, always the same. passport makes another one in front of a
 * strategy that it has by its name, but has one that it is given called itself: `isItself`.
 */
function frontOf(seam: Seam, isItself = false): Front {
  const fronts = new WeakMap<object, object>()
  return (strategy, name) => {
    const { authenticate } = membersOf(strategy)
    // It restores who has logged in before.
    if (!isObject(strategy) || typeof authenticate !== 'function' || name === 'session') {
      return strategy
    }
    const known = fronts.get(strategy)
    if (known !== undefined) return known
    const value = watched(authenticate as AnyFunction, {
      ...{ seam, strategy, part: text(name), isItself },
    })
    const front = Object.create(strategy, {
      authenticate: { value, configurable: true, writable: true },
    }) as object
    fronts.set(strategy, front)
    return front
  }
}

interface Part {
  readonly seam: Seam
  /** The name of the strategy, which the application chose. */
  readonly part: string | null
  readonly strategy: object
  /** It is called in the place of its front, and gets the functions that passport sets there. */
  readonly isItself: boolean
}

function watched(original: AnyFunction, { seam, part, strategy, isItself }: Part): AnyFunction {
  return new Proxy(original, {
    apply(_, front: object, args: unknown[]) {
      const self = isItself ? strategy : front
      if (isItself) for (const name of endNames) Reflect.set(self, name, record(front)[name])
      // Somebody may have wrapped it since.
      const target = membersOf(strategy).authenticate as AnyFunction
      if (seam.isOff()) return Reflect.apply(target, self, args)
      const served = seam.servedOf(args[0])
      const login = seam.fenced(() =>
        openLogin({ strategy: self, part, request: args[0], seam, served }),
      )
      if (login !== null) {
        seam.fenced(() => watchEnds(self, seam, login))
        return Reflect.apply(target, self, args)
      }
      const open = seam.openValidation(served)
      if (open === null) return Reflect.apply(target, self, args)
      const before = saidOf(served)
      const reads = seam.fenced(() => watchRead(self, served, isItself)) ?? (() => false)
      seam.fenced(() =>
        watchEnds(self, seam, (end, own) => {
          const told = tells[end](own)
          const isNews = saidOf(served).some((one, i) => one !== before[i])
          // Who found no token of its own has nothing to say of one that others know.
          const isOwn = reads() && (before[0] === null || !told?.refusal)
          open.end(told && (isNews || isOwn) ? { part, ...told } : null)
        }),
      )
      return open.run(() => Reflect.apply(target, self, args))
    },
  })
}

/** What libraries have said of the token until now. */
function saidOf(served: ServedRequest | undefined): readonly unknown[] {
  return [served?.validation ?? null, served?.failure ?? null]
}

/**
 * Tells, once a strategy has ended, whether it has looked at the token that the request presents:
 * passport-http-bearer looks there and nowhere else, and passport-jwt where its extractor looks.
 */
function watchRead(
  strategy: unknown,
  served: ServedRequest | undefined,
  isItself: boolean,
): () => boolean {
  const { name, _realm: realm, _jwtFromRequest: extract } = membersOf(strategy)
  if (name === 'bearer' && text(realm) !== null) return () => true
  // What is given itself serves many requests at once: nothing can be put there for one of them.
  if (served === undefined || isItself || typeof extract !== 'function') return () => false
  let found: unknown
  const watched = watchFunction(extract, () => ({ result }) => {
    found = result
  })
  Reflect.set(strategy as object, '_jwtFromRequest', watched)
  return () => text(found) !== null && found === presentedBy(served)?.value
}

const tells: Readonly<Record<End, (args: readonly unknown[]) => ToldValidation | null>> = {
  success: ([user, info]) => ({ claims: claimsOf(user, info) }),
  fail: ([challenge]) => ({ refusal: failureOf(challenge) }),
  error: ([error]) => ({ refusal: keyRefusal(error) ?? { code: 'Error', reason: 'internal' } }),
  redirect: () => null,
  pass: () => null,
}

const endNames = Object.keys(tells) as readonly End[]

/** Watches what the strategy of one request calls when it has come to an end. */
function watchEnds(strategy: unknown, seam: Seam, onEnd: OnEnd): void {
  for (const name of endNames) {
    const original = record(strategy)[name]
    if (typeof original !== 'function') continue
    const wrapper = new Proxy(original as AnyFunction, {
      apply(target, self, args: unknown[]) {
        seam.fenced(() => onEnd(name, args))
        return Reflect.apply(target, self, args)
      },
    })
    Reflect.set(strategy as object, name, wrapper)
  }
}

/** A user is an object of the application; of a token that was read its `sub` goes before. */
function claimsOf(user: unknown, info: unknown): ToldValidation['claims'] {
  const { client_id: client, clientId, scope } = record(user)
  const asked = record(info).scope ?? scope
  return { sub: userOf(user), client_id: client ?? clientId, scope: asked }
}

/** passport-jwt gives its error, others a challenge, a status, or what the application says. */
function failureOf(challenge: unknown): { code: string; reason: Reason } {
  if (challenge === 400) return { code: '400', reason: 'request_invalid' }
  if (!(challenge instanceof Error)) return { code: 'invalid_token', reason: 'token_unknown' }
  if (challenge.message === 'No auth token') return { code: 'Error', reason: 'token_missing' }
  return keyRefusal(challenge) ?? jsonwebtokenRefusal(challenge)
}
