// Clients of MCP ask for everything by themselves, with `fetch` or one of the application's, and
// swallow what fails on the way: a refresh that failed ends in a new log-in, a document that is not
// there in the next one. So it is their requests that are recorded, each, and not their functions.
import { watchEnd } from '../client-call/promise.ts'
import type { Wrap } from '../defined/definition.ts'
import type { Asking } from '../scopes.ts'
import { record } from '../unknown.ts'

const names = 'oauth-protected-resource|oauth-authorization-server|openid-configuration'
const documents = new RegExp(String.raw`/\.well-known/(?:${names})(?:/|$)`)
/** By its path: the document that names it may be kept from an earlier run. */
const registration = /regist|\/reg\/?$|\/clients\/?$/i

/** `audit.action` of a request that is no form; null: not its business. */
export function actionOf(method: string, { pathname }: URL): string | null {
  if (method === 'GET') return documents.test(pathname) ? 'oauth.discovery' : null
  return method === 'POST' && registration.test(pathname) ? 'oauth.register' : null
}

/** A function that asks within. */
export const asksWithin: Wrap = (original, seam) =>
  new Proxy(original, {
    apply(target, self, args: unknown[]) {
      if (seam.isOff()) return Reflect.apply(target, self, args)
      const asking: Asking = {
        library: seam.library,
        actionOf: (method, url) => (isOf(self, url) ? null : actionOf(method, url)),
        ...{ isOver: false, outer: seam.scopes.asking() },
      }
      const run = (): unknown => seam.scopes.ask(asking, () => Reflect.apply(target, self, args))
      return watchEnd(run, () => {
        asking.isOver = true
        // Connections that it has opened keep it, and need not keep its transport.
        asking.actionOf = () => null
      })
    },
  })

/** Where a transport sends its messages, whatever the path looks like. */
function isOf(transport: unknown, url: URL): boolean {
  const { _url: server, _endpoint: messages } = record(transport)
  return [server, messages].some((one) => one instanceof URL && one.href === url.href)
}

const functions = [
  ...['auth', 'discoverOAuthProtectedResourceMetadata', 'discoverOAuthMetadata'],
  ...['discoverAuthorizationServerMetadata', 'discoverOAuthServerInfo', 'registerClient'],
  ...['exchangeAuthorization', 'refreshAuthorization', 'fetchToken', 'exchangeJwtAuthGrant'],
  ...['requestJwtAuthorizationGrant', 'discoverAndRequestJwtAuthGrant'],
]
/** They call what is above by other ways than their exports. */
const transports = ['StreamableHTTPClientTransport', 'SSEClientTransport']
/** A stream that is opened again later calls those of its own. */
const methods = [
  ...['start', 'send', 'finishAuth', 'terminateSession', 'resumeStream'],
  ...['_startOrAuth', '_startOrAuthSse', '_authThenStart'],
]
const providers = ['exchangeAuthorizationCode', 'exchangeRefreshToken']

export const clientHooks: Readonly<Record<string, Wrap>> = table(functions)
export const transportHooks: Readonly<Record<string, Wrap>> = table(
  transports.flatMap((one) => methods.map((method) => `${one}#${method}`)),
)
/** An authorization server that asks another one. */
export const proxyHooks: Readonly<Record<string, Wrap>> = table(
  providers.map((method) => `ProxyOAuthServerProvider#${method}`),
)

function table(targets: readonly string[]): Readonly<Record<string, Wrap>> {
  return Object.fromEntries(targets.map((target) => [target, asksWithin]))
}
