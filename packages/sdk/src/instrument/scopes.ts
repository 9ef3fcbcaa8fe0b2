// What belongs together: a request that this process serves, and a call of an OAuth client library.
// Libraries nest (oauth4webapi in openid-client in a served request); by these scopes the outermost
// makes the record, and the inner ones add what only they know. See scopes.test.ts.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guarantee } from '@grantlog/record'
import type { ParentSpan, SafeTicket } from '../event.ts'
import type { PresentedToken, ValidationFacts } from '../facts.ts'
import type { Framework } from './framework.ts'

/** A request that this process serves. */
export interface ServedRequest {
  /** What was presented in its head; presented.ts finds the one in a form, once that was read. */
  token: PresentedToken | null
  /** What libraries said of that token: see validations.ts. */
  validation: ValidationFacts | null
  /** A validation that failed after another had succeeded. */
  failure?: ValidationFacts | null
  /** The span to hang a record under; a later one that is closer replaces it. */
  parent: ParentSpan | null
  /** A library has made, or will make, the record of this request. */
  isClaimed: boolean
  /** Who handles it, and its own object of the request; null after the end. */
  framework?: Framework
  context?: object | null
  /** Its response may not leave before its records are safe; see guarantee/holding.ts. */
  hold?: Hold
}

/** What a response waits for. */
export interface Hold {
  readonly guarantee: Guarantee
  /** Of the records that were made for its request. */
  readonly tickets: SafeTicket[]
  /** Its records are still to be made: the host has sent nothing yet. */
  isOpen: boolean
}

/** A request and its response, which is complete or about to begin. */
export interface Exchanged {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** An exchange over HTTP within a call, as the transport saw it. */
export interface Exchange {
  readonly method: string
  readonly url: URL
  /** null: no answer, see `error`. */
  readonly status: number | null
  /** null: too large, or no form. */
  readonly form: URLSearchParams | null
  readonly authorization: string | null
  /** Of the transport. */
  readonly error: unknown
}

/** A call of a client library that makes the record itself. */
export interface ClientCall {
  /** In their order; a DPoP nonce makes two. Of a long poll the last ones. */
  readonly exchanges: Exchange[]
  /** It has ended: what was started in it and still runs does not belong to it. */
  isOver: boolean
}

export interface Scopes {
  /** Makes it the one that is served from here on, until `ended`. */
  readonly serve: (request: object, served: ServedRequest) => void
  readonly ended: (served: ServedRequest) => void
  /** Of an incoming message of Node; of the one that is served here and now without it. */
  readonly served: (request?: object) => ServedRequest | undefined
  /**
   * Those that run now and presented this token in their head. Node calls listeners of a request's
   * body outside of what was entered when its head came, and so do many callbacks: there the token
   * itself tells which request it is about.
   */
  readonly presenting: (token: string) => readonly ServedRequest[]
  /** A held response is about to begin: its records have to be made now. */
  readonly ready: (exchanged: Exchanged) => void
  /** Has `listener` called then; what it throws, the one that holds gets. Returns how to undo. */
  readonly onReady: (listener: (exchanged: Exchanged) => void) => () => void
  /** Runs `work` as one call; what it gives or throws is passed on. */
  readonly call: <T>(call: ClientCall, work: () => T) => T
  /** The call that runs here and now. */
  readonly calling: () => ClientCall | undefined
}

export function createScopes(): Scopes {
  const byRequest = new WeakMap<object, ServedRequest>()
  const servedNow = new AsyncLocalStorage<ServedRequest>()
  const byToken = createHolders()
  const callNow = new AsyncLocalStorage<ClientCall>()
  const listeners = new Set<(exchanged: Exchanged) => void>()
  return {
    serve: (request, served) => {
      byRequest.set(request, served)
      byToken.add(served)
      // No function runs below us: Node's own channel tells of a request just before it is handled.
      servedNow.enterWith(served)
    },
    ended: byToken.remove,
    presenting: byToken.of,
    served: (request) => (request === undefined ? servedNow.getStore() : byRequest.get(request)),
    ready: (exchanged) => {
      for (const listener of listeners) listener(exchanged)
    },
    onReady: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    call: (call, work) => callNow.run(call, work),
    calling: () => {
      const call = callNow.getStore()
      return call?.isOver === false ? call : undefined
    },
  }
}

interface Holders {
  readonly add: (served: ServedRequest) => void
  readonly remove: (served: ServedRequest) => void
  readonly of: (token: string) => readonly ServedRequest[]
}

/** Requests by the token in their head; a client may send several at a time. */
function createHolders(): Holders {
  const byToken = new Map<string, ServedRequest[]>()
  return {
    add: (served) => {
      if (served.token === null) return
      const { value } = served.token
      const known = byToken.get(value)
      if (known === undefined) byToken.set(value, [served])
      else if (!known.includes(served)) known.push(served)
    },
    remove: (served) => {
      const value = served.token?.value ?? ''
      const known = byToken.get(value) ?? []
      const at = known.indexOf(served)
      if (at >= 0) known.splice(at, 1)
      if (at >= 0 && known.length === 0) byToken.delete(value)
    },
    of: (token) => [...(byToken.get(token) ?? [])],
  }
}
