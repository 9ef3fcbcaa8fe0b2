// What the handlers of @node-oauth/oauth2-server found on the way, by the request that they serve.
import type { Wrap } from '../defined/definition.ts'
import { type EndedCall, serves } from '../defined/watch.ts'
import { isObject } from '../unknown.ts'

/** As the application's model gave them; what is not there was not found. */
export interface Found {
  readonly client?: unknown
  readonly user?: unknown
  readonly code?: unknown
  readonly refreshToken?: unknown
  readonly accessToken?: unknown
}

const byRequest = new WeakMap<object, Found>()

/** For the request that a method of the server was given. */
export function foundIn(request: unknown): Found {
  return (isObject(request) ? byRequest.get(request) : undefined) ?? {}
}

/** Keeps what a method gives, for its argument or, where that is none, for the handler. */
function keeps(name: keyof Found, keyOf: (call: EndedCall) => unknown): Wrap {
  return serves((call) => {
    const key = keyOf(call)
    if (!call.hasFailed && isObject(key)) {
      byRequest.set(key, { ...byRequest.get(key), [name]: call.result })
    }
    return null
  })
}

const ofRequest = ({ args }: EndedCall): unknown => args[0]
const ofHandler = ({ self }: EndedCall): unknown => self

/** A handler serves one request: what it knows is the request's when it is done. */
const handsOver = serves(({ self, args: [request] }) => {
  if (isObject(request)) byRequest.set(request, { ...byRequest.get(request), ...foundIn(self) })
  return null
})

/** By the file in the library's folder. */
export const found: Readonly<Record<string, Readonly<Record<string, Wrap>>>> = {
  'handlers/token-handler': { '#getClient': keeps('client', ofRequest) },
  'handlers/authorize-handler': {
    '#getClient': keeps('client', ofRequest),
    '#getUser': keeps('user', ofRequest),
  },
  'handlers/authenticate-handler': {
    '#getAccessToken': keeps('accessToken', ofHandler),
    '#handle': handsOver,
  },
  'grant-types/authorization-code-grant-type': {
    '#getAuthorizationCode': keeps('code', ofRequest),
  },
  'grant-types/refresh-token-grant-type': {
    '#getRefreshToken': keeps('refreshToken', ofRequest),
  },
}
