// The authorization server of MCP: a router of Express with a handler for each endpoint, which ask
// the application's provider. Each request to one of them is a record; what the provider is asked,
// and the errors that are made for answers, tell what happened.
import { watchFunction } from '../client-call/promise.ts'
import type { HttpFacts } from '../../facts.ts'
import type { ToldAction } from '../defined/action.ts'
import type { AnyFunction, Wrap } from '../defined/definition.ts'
import type { Seam } from '../defined/seam.ts'
import { inFront } from '../front.ts'
import { attempt, isObject, type Members, membersOf, record, text, texts } from '../unknown.ts'
import { asksWithin } from './client.ts'
import { type Asked, type AskedAction, askedNow, conclude } from './asked.ts'
import { type ServerOptions, toldOf } from './asked.ts'

/** Of the modules that have them. */
export const serverHooks: Readonly<Record<string, Wrap>> = {
  mcpAuthRouter: router(serverOf, (options) => {
    const paths = pathsOf(record(options).provider)
    return ({ path }) => paths[String(path).toLowerCase().replace(/\/$/, '')] ?? null
  }),
  authorizationHandler: handler('oauth.authorize'),
  tokenHandler: handler('oauth.token'),
  revocationHandler: handler('oauth.revoke'),
  clientRegistrationHandler: handler('oauth.register'),
}

/** Every error that a handler swallows is made an answer by this. */
export const errorHooks: Readonly<Record<string, Wrap>> = {
  'OAuthError#toResponseObject': (original, seam) =>
    watchFunction(original, () => {
      const asked = seam.isOff() ? undefined : askedHere()
      if (asked === undefined) return null
      return ({ result }) => {
        const { error, error_description: description } = record(result)
        asked.error = { code: text(error) ?? '_OTHER', message: text(description) }
        conclude(asked)
      }
    }),
}

function handler(action: AskedAction): Wrap {
  return router(
    () => ({ issuer: null, scopes: [], resources: [] }),
    () => () => action,
  )
}

/** What is asked for by a request; null: none of it. */
type ActionOf = (request: Members) => AskedAction | null

/** A function of options that makes a router. */
function router(
  serverOf: (options: unknown) => ServerOptions,
  ask: (options: unknown) => ActionOf,
): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff()) return Reflect.apply(target, self, args)
        const [options, ...rest] = args
        const own = seam.fenced(() => withFronts(options, seam)) ?? options
        const made: unknown = Reflect.apply(target, self, args.length === 0 ? args : [own, ...rest])
        const server = seam.fenced(() => serverOf(options))
        const actionOf = seam.fenced(() => ask(options))
        if (typeof made !== 'function' || server === null || actionOf === null) return made
        return served(made as AnyFunction, { server, actionOf, seam })
      },
    })
}

interface Parts {
  readonly server: ServerOptions
  readonly actionOf: ActionOf
  readonly seam: Seam
}

function served(made: AnyFunction, parts: Parts): AnyFunction {
  return new Proxy(made, {
    apply(target, self, args: unknown[]) {
      const asked = parts.seam.isOff() ? null : parts.seam.fenced(() => begin(args, parts))
      if (asked === null) return Reflect.apply(target, self, args)
      return askedNow.run(asked, () => Reflect.apply(target, self, args) as unknown)
    },
  })
}

/** null: of no interest, or the router around it has begun it. */
function begin(args: readonly unknown[], { server, actionOf, seam }: Parts): Asked | null {
  const [request, response] = args.map(record)
  const served = seam.servedOf(args[0])
  const isOption = request?.method === 'OPTIONS'
  if (served === undefined || isOption || askedNow.getStore()?.served === served) return null
  const action = actionOf(request!)
  if (action === null) return null
  const asked: Asked = {
    ...{ action, served, request: request!, response: response!, server },
    ...{ client: null, registered: null, answer: null, error: null },
    ...{ isChecked: false, isRevoked: false, isThrown: false, isDone: false },
    tellAgain: () => void seam.fenced(() => seam.tellAtEnd(action, tell, served)),
  }
  const tell = (http: HttpFacts): ToldAction => {
    const told = toldOf(asked, http)
    // A socket or a timer that was begun in it keeps it, and it holds secrets.
    Object.assign(asked, { request: {}, response: {}, answer: null })
    Object.assign(asked, { client: null, registered: null, error: null })
    return told
  }
  seam.tellAtEnd(action, tell, served, () => asked.isDone)
  return asked
}

function serverOf(options: unknown): ServerOptions {
  const { issuerUrl, baseUrl, resourceServerUrl, scopesSupported } = record(options)
  const resource = hrefOf(resourceServerUrl) ?? hrefOf(baseUrl) ?? hrefOf(issuerUrl)
  // A resource indicator may have no slash where a URL has one.
  const resources = resource === null ? [] : [resource, resource.replace(/\/$/, '')]
  return { issuer: hrefOf(issuerUrl), scopes: texts(scopesSupported), resources }
}

function hrefOf(url: unknown): string | null {
  return url instanceof URL ? url.href : null
}

/** The endpoints that a router has. Their paths are fixed. */
function pathsOf(provider: unknown): Readonly<Record<string, AskedAction>> {
  const { revokeToken, clientsStore } = membersOf(provider)
  const canRegister = typeof membersOf(clientsStore).registerClient === 'function'
  return {
    '/authorize': 'oauth.authorize',
    '/token': 'oauth.token',
    ...(typeof revokeToken === 'function' && { '/revoke': 'oauth.revoke' }),
    ...(canRegister && { '/register': 'oauth.register' }),
  }
}

type Note = (asked: Asked, result: unknown) => void

const ofStore: Readonly<Record<string, Note>> = {
  getClient: (asked, result) => {
    asked.client = isObject(result) ? record(result) : null
  },
  registerClient: (asked, result) => {
    asked.registered = record(result)
  },
}
const ofProvider: Readonly<Record<string, Note>> = {
  authorize: () => undefined,
  challengeForAuthorizationCode: () => undefined,
  exchangeAuthorizationCode: (asked, result) => {
    asked.answer = record(result)
  },
  exchangeRefreshToken: (asked, result) => {
    asked.answer = record(result)
  },
  revokeToken: (asked) => {
    asked.isRevoked = true
  },
}

const fronts = new WeakSet<object>()

/** Options whose provider and store are objects in front of the application's own. */
function withFronts(options: unknown, seam: Seam): unknown {
  if (!isObject(options)) return options
  const { provider, clientsStore } = record(options)
  const own = {
    ...(isObject(provider) && { provider: frontOf(provider, seam) }),
    ...(isObject(clientsStore) && { clientsStore: front(clientsStore, ofStore) }),
  }
  return inFront(options, own)
}

/**
 * In front of a provider. What each proxy has of its own, and no class has, asks another server,
 * too: see proxyHooks for the rest.
 */
function frontOf(provider: object, seam: Seam): object {
  const { _endpoints: endpoints } = record(provider)
  if (!isObject(endpoints)) return front(provider, ofProvider)
  return front(provider, ofProvider, (name, bound) =>
    name === 'revokeToken' || name === 'registerClient' ? asksWithin(bound, seam) : bound,
  )
}

/** What is not asked of the original as it is would not find its private members. */
function front(
  original: object,
  notes: Readonly<Record<string, Note>>,
  within: (name: string, bound: AnyFunction) => AnyFunction = (_, bound) => bound,
): object {
  if (fronts.has(original)) return original
  const own: object = new Proxy(
    {},
    {
      getPrototypeOf: () => Reflect.getPrototypeOf(original),
      has: (_, key) => Reflect.has(original, key),
      set: (_, key, value) => Reflect.set(original, key, value),
      get: (_, key) => {
        const member: unknown = Reflect.get(original, key, original)
        if (key === 'clientsStore' && isObject(member)) return front(member, ofStore, within)
        if (typeof member !== 'function') return member
        const call = new Proxy(member as AnyFunction, {
          apply: (target, _, args: unknown[]) => Reflect.apply(target, original, args) as unknown,
        })
        const bound = within(String(key), call)
        const note = Object.hasOwn(notes, key) ? notes[String(key)] : undefined
        return note === undefined ? bound : noted(bound, note, String(key))
      },
    },
  )
  fronts.add(own)
  return own
}

/** What goes on after its record was made is none of its business. */
function askedHere(): Asked | undefined {
  const asked = askedNow.getStore()
  return asked !== undefined && isOver(asked) ? undefined : asked
}

function isOver({ served }: Asked): boolean {
  return served.context === null && served.late === undefined
}

/** What is asked before the thing itself. */
const first: ReadonlySet<string> = new Set(['getClient', 'challengeForAuthorizationCode'])

function noted(bound: AnyFunction, note: Note, name: string): AnyFunction {
  return watchFunction(bound, () => {
    const asked = askedHere()
    if (asked === undefined) return null
    const isChecked = name === 'authorize'
    if (isChecked) asked.isChecked = true
    return ({ result, hasFailed }) => {
      if (isOver(asked)) return
      if (hasFailed) asked.isThrown = true
      else attempt(() => note(asked, result))
      // An error is made an answer of next, but for one that goes with the browser.
      if (!first.has(name) && (isChecked || !hasFailed)) conclude(asked)
    }
  })
}
