// A request to a protected resource as plain data, taken at its end.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pathOf } from '@grantlog/record'
import type {
  AccessFacts,
  ChallengeFacts,
  HttpFacts,
  PresentedToken,
  ShownToken,
} from '../../facts.ts'
import type { ValidationFacts } from '../../validation-facts.ts'
import type { ServedRequest } from '../scopes.ts'
import { attempt, text } from '../unknown.ts'
import { express } from './express.ts'
import { bodyBytes, rowsIn } from './response.ts'

/** What Node publishes of a request. */
export interface Message {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly socket: Socket
}

/**
 * A request from its start on. The connection keeps it until the next one, so that it holds
 * nothing of the request once that has ended.
 */
export interface Serving extends ServedRequest {
  readonly method: string
  /** Raw, as it was before the application could rewrite it. */
  readonly target: string
  /** `performance.now()`. */
  readonly startedAtMs: number
  /**
   * Of the connection's other end, and bytes written to it before; null if nobody asked, or if it
   * is a stream of the application's own that knows neither. To a request that came before its
   * predecessor was answered that answer counts, too.
   */
  peerAddress: string | null
  readonly writtenBefore: number | null
  /** It presented a token at its start: the end of the process waits for it. */
  readonly isAwaited: boolean
  /** It did so, or has a form that may: its connection is watched. */
  isWatched: boolean
  hasEnded: boolean
}

/**
 * Whether a response is over, its connection ended before, or only its head is known, because it
 * is held: then nothing is known of what follows, unless the head says it.
 */
export type How = 'over' | 'cut' | 'begins'

export interface Ending {
  readonly token: PresentedToken | null
  readonly challenge: ChallengeFacts | null
  readonly head: string
  readonly status: number
  /** What the host answered when its client had left. */
  readonly unsentStatus?: number
  readonly how: How
}

/** All of it is read from live objects: nothing of them is kept. */
export function snapshot(serving: Serving, message: Message, ending: Ending): AccessFacts {
  const { token, challenge, head, status, unsentStatus, how } = ending
  const isCut = how === 'cut'
  const answered = unsentStatus ?? status
  const { validation, failure, method, writtenBefore, rpc } = serving
  const isCounted = writtenBefore !== null && how !== 'begins'
  const written = isCounted ? message.socket.bytesWritten - writtenBefore : null
  const facts: AccessFacts = {
    kind: 'access',
    action: 'oauth.resource_access',
    http: httpFacts(serving, message, status),
    token: token && shown(token),
    validation: countedFor(answered, validation, failure ?? null),
    challenge,
    responseBytes: bodyBytes({ method, head, status, written, isCut }),
    responseRows: serving.rows ?? rowsIn({ method, head, status }),
    isCut,
    endedAtS: Math.floor(Date.now() / 1000),
  }
  const heard = unsentStatus === undefined ? facts : { ...facts, unsentStatus }
  return rpc === undefined ? heard : { ...heard, rpc }
}

/**
 * Several validators may have tried, each for its own issuer: the answer tells who counted. Of 403
 * that is one that found the token right and not enough.
 */
function countedFor(
  status: number,
  validation: ValidationFacts | null,
  failure: ValidationFacts | null,
): ValidationFacts | null {
  const counts = status === 401 || (status === 403 && failure?.claims !== null)
  return counts && failure !== null ? failure : validation
}

function shown({ value, scheme, location }: PresentedToken): ShownToken {
  return { value, type: 'access_token', scheme, location }
}

/** What the transport and the framework know of it. `status` 0: none was sent. */
export function httpFacts(
  serving: Serving,
  { request, socket }: Message,
  status: number,
): HttpFacts {
  const { method, target } = serving
  const peerAddress = plain(serving.peerAddress ?? text(socket.remoteAddress))
  return {
    method,
    route: routeOf(serving, request),
    target,
    status,
    clientAddress: plain(addressOf(serving)) ?? peerAddress,
    peerAddress,
    userAgent: text(request.headers['user-agent']),
  }
}

function routeOf({ framework, context, target }: Serving, request: object): string | null {
  const path = pathOf(target)
  if (path === null) return null
  const route = framework && context && text(attempt(() => framework.routeOf(context, path)))
  // Express may be mounted in another framework; it leaves its mark on the request.
  return route ?? text(attempt(() => express.routeOf(request, path)))
}

function addressOf({ framework, context }: Serving): string | null {
  return framework && context ? text(attempt(() => framework.addressOf(context))) : null
}

/** An IPv4 address as such, also on a socket of both versions. */
function plain(address: string | null): string | null {
  return address?.replace(/^::ffff:(?=\d+\.)/, '') ?? null
}
