// What belongs together: a request that this process serves, and a call of an OAuth client library.
// Libraries nest (oauth4webapi in openid-client in a served request); by these scopes the outermost
// makes the record, and the inner ones add what only they know. See scopes.test.ts.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Guarantee } from '@grantlog/record'
import type { ParentSpan, SafeTicket } from '../event.ts'
import type { CallErrorFacts, Facts, HttpFacts, PresentedToken, RpcFacts } from '../facts.ts'
import type { KeyLookup, ValidationFacts } from '../validation-facts.ts'
import type { Framework } from './framework.ts'
import { createHolders } from './holders.ts'
import type { Validated } from './validations.ts'

/** A request that this process serves. */
export interface ServedRequest {
  /** What was presented in its head; presented.ts finds the one in a form, once that was read. */
  token: PresentedToken | null
  /** What libraries said of that token: see validations.ts. */
  validation: ValidationFacts | null
  /** A validation that failed after another had succeeded. */
  failure?: ValidationFacts | null
  /** What was asked of a server of the Model Context Protocol. */
  rpc?: RpcFacts
  /** Where the key came from that its token was validated with. */
  keys?: KeyLookup
  /** Rows that its response has, as the application says; none: it said nothing. See rows.ts. */
  rows?: number
  /** The span to hang a record under; a later one that is closer replaces it. */
  parent: ParentSpan | null
  /** A library has made, or will make, the record of this request. */
  isClaimed: boolean
  /** A library says what it did for it; the record is made at the end. */
  told?: Told | null
  /** Has its connection watched from now on, so that its record is made if that ends. */
  watch?: (() => void) | undefined
  /** Its connection ended before anything was told: makes its record of what is told yet. */
  late?: ((told: Told) => void) | undefined
  /** A library logs a user in by it, and tells what the ones within it refuse. */
  login?: Login
  /** Who handles it, and its own object of the request; null after the end. */
  framework?: Framework
  context?: object | null
  /** Its response may not leave before its records are safe; see guarantee/holding.ts. */
  hold?: Hold
}

/** What a library did for a request. */
export interface Told {
  readonly action: string
  readonly facts: (http: HttpFacts) => Facts
  /** Whether it is known by now what came of it; if left out, it is. */
  readonly isDone?: (() => boolean) | undefined
}

/**
 * Has the record of a request made at its end, or at that of its connection: then not before it is
 * known what came of it, for what is done is done, though its client has left.
 */
export function keepTold(served: ServedRequest, told: Told): void {
  if (served.late !== undefined) {
    if (told.isDone?.() !== false) served.late(told)
    return
  }
  served.told = told
  served.watch?.()
}

/** A log-in at another site, on the user's way back. */
export interface Login {
  failure: CallErrorFacts | null
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
  /** Parameters by a library within, which knows them also where they are no form. */
  form?: URLSearchParams | undefined
  /** It has ended: what was started in it and still runs does not belong to it. */
  isOver: boolean
}

/** A library that asks over other transports: each request is one record, named by it. */
export interface Asking {
  readonly library: string
  /** `audit.action` of a request that is no form; null: not its business. */
  actionOf: (method: string, url: URL) => string | null
  /** It has ended: what was started in it and still runs does not belong to it. */
  isOver: boolean
  readonly outer: Asking | undefined
}

/** A validation that runs, by a library that uses others for it. */
export interface Validating {
  /** What they said, in its order. */
  readonly said: Validated[]
  /** Where its key came from. */
  keys?: KeyLookup
  /** It has ended: what was started in it and still runs does not belong to it. */
  isOver: boolean
  readonly outer: Validating | undefined
}

export interface Scopes {
  /** Makes it the one that is served from here on, until `ended`. */
  readonly serve: (request: object, served: ServedRequest) => void
  /** Its token is of no request any more; hooks may still ask for it, as its host goes on. */
  readonly over: (request: object, connection?: object) => void
  /** What was kept for this incoming message is forgotten. */
  readonly ended: (request: object, connection?: object) => void
  /**
   * Of an incoming message of Node; of the one that is served here and now without it.
   * `connection`: the one it came on, where its `socket` may have been replaced.
   */
  readonly served: (request?: object, connection?: object) => ServedRequest | undefined
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
  /** Runs `work`, which asks by itself; what it gives or throws is passed on. */
  readonly ask: <T>(asking: Asking, work: () => T) => T
  /** The innermost one that asks here and now. */
  readonly asking: () => Asking | undefined
  /** Runs `work` as one validation; what it gives or throws is passed on. */
  readonly validate: <T>(validating: Validating, work: () => T) => T
  /** The innermost validation that runs here and now. */
  readonly validating: () => Validating | undefined
}

export function createScopes(): Scopes {
  const requests = createRequests()
  const servedNow = new AsyncLocalStorage<ServedRequest>()
  const callNow = new AsyncLocalStorage<ClientCall>()
  const askingNow = new AsyncLocalStorage<Asking>()
  const validatingNow = new AsyncLocalStorage<Validating>()
  const listeners = new Set<(exchanged: Exchanged) => void>()
  return {
    serve: (request, served) => {
      requests.add(request, served)
      // No function runs below us: Node's own channel tells of a request just before it is handled.
      servedNow.enterWith(served)
    },
    over: requests.over,
    ended: requests.remove,
    presenting: requests.presenting,
    served: (request, connection) =>
      request === undefined ? servedNow.getStore() : requests.of(request, connection),
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
    ask: (asking, work) => askingNow.run(asking, work),
    asking: () => runningOf(askingNow.getStore()),
    validate: (validating, work) => validatingNow.run(validating, work),
    validating: () => runningOf(validatingNow.getStore()),
  }
}

/** The innermost one that has not ended. */
function runningOf<T extends { readonly isOver: boolean; readonly outer: T | undefined }>(
  innermost: T | undefined,
): T | undefined {
  let one = innermost
  while (one?.isOver) one = one.outer
  return one
}

interface Requests {
  readonly add: (request: object, served: ServedRequest) => void
  readonly over: (request: object, connection?: object) => void
  readonly remove: (request: object, connection?: object) => void
  readonly of: (request: object, connection?: object) => ServedRequest | undefined
  readonly presenting: (token: string) => readonly ServedRequest[]
}

interface Entry {
  readonly request: object
  readonly served: ServedRequest
  /** As it came; null: none. */
  token: string | null
}

/**
 * Requests by their connection, of which there are few: each entry of a weak map is looked at in
 * every collection. A connection serves one request at a time, or some that were pipelined.
 */
function createRequests(): Requests {
  const byConnection = new WeakMap<object, Entry[]>()
  const holders = createHolders<Entry>()
  const connectionOf = (request: object): object =>
    (request as { readonly socket?: object }).socket ?? request
  const entryOf = (request: object, connection?: object): Entry | undefined => {
    const entries = byConnection.get(connection ?? connectionOf(request))
    for (let i = (entries?.length ?? 0) - 1; i >= 0; i--) {
      if (entries![i]!.request === request) return entries![i]
    }
    return undefined
  }
  const dropToken = (entry: Entry): void => {
    if (entry.token === null) return
    holders.remove(entry.token, entry)
    entry.token = null
  }
  return {
    of: (request, connection) => entryOf(request, connection)?.served,
    add: (request, served) => {
      const token = served.token?.value ?? null
      const entry = { request, served, token }
      if (token !== null) holders.add(token, entry)
      const connection = connectionOf(request)
      const entries = byConnection.get(connection)
      if (entries === undefined) byConnection.set(connection, [entry])
      else entries.push(entry)
    },
    over: (request, connection) => {
      const entry = entryOf(request, connection)
      if (entry !== undefined) dropToken(entry)
    },
    remove: (request, connection) => {
      const entry = entryOf(request, connection)
      if (entry === undefined) return
      dropToken(entry)
      takeOut(byConnection.get(connection ?? connectionOf(request))!, entry)
    },
    presenting: (token) => {
      const found: ServedRequest[] = []
      for (const { served } of holders.of(token)) {
        if (served.context !== null) found.push(served)
      }
      return found
    },
  }
}

/** Mostly it is the only one. */
function takeOut(entries: Entry[], entry: Entry): void {
  if (entries.at(-1) === entry) entries.pop()
  else entries.splice(entries.indexOf(entry), 1)
}
