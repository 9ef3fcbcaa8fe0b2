// `http.request` and `https.request`, and all that is built on them (axios, got, node-fetch, …).
// Node's own channels tell of each request. Of one that POSTs a form, `write` and `end` of this one
// object are tapped, and `push` of its answer: nothing is read, so no stream changes its mode, and
// no listener is added, so an error that nobody handles is still unhandled.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { formBytesMax } from '../../limits.ts'
import { isOwnAgent } from '../../own-agents.ts'
import { formIn, isFormType } from '../client-call/form.ts'
import { fence, type OnHookError } from '../fence.ts'
import { text } from '../unknown.ts'
import { collectAnswer, isWorthReading } from './answer.ts'
import { tap } from './tap.ts'
import type { Sent, Watch, Watched } from './watch.ts'

/** Starts watching; returns how to stop. */
export function watchNodeHttp(watch: Watch, onError: OnHookError): () => void {
  const exchanges = new WeakMap<object, Exchange>()
  const fenced =
    (hook: (message: Message) => void): ((message: unknown) => void) =>
    (message) =>
      void fence(() => hook(message as Message), onError)

  const channels: Readonly<Record<string, (message: unknown) => void>> = {
    'http.client.request.created': fenced(({ request }) => {
      if (isOwnAgent(Reflect.get(request, 'agent'))) return
      if (request.method !== 'POST' && !watch.isCalling()) return
      exchanges.set(request, createExchange(request, watch, onError))
    }),
    'http.client.request.error': fenced(({ request, error }) => {
      exchanges.get(request)?.failed(error)
    }),
    // Before the application has the response: nothing of its body is there yet.
    'http.client.response.finish': fenced(({ request, response }) => {
      exchanges.get(request)?.answered(response)
    }),
  }
  for (const [name, hook] of Object.entries(channels)) subscribe(name, hook)
  return () => {
    for (const [name, hook] of Object.entries(channels)) unsubscribe(name, hook)
  }
}

interface Message {
  readonly request: ClientRequest
  readonly response: IncomingMessage
  readonly error: unknown
}

interface Exchange {
  readonly answered: (response: IncomingMessage) => void
  readonly failed: (error: unknown) => void
}

function createExchange(request: ClientRequest, watch: Watch, onError: OnHookError): Exchange {
  let watched: Watched | null = null
  const body = request.method === 'POST' ? tapForm(request, () => begin(), onError) : null
  // Within a call each request counts from its start; a form has its end to wait for.
  if (body === null) begin()

  function begin(): void {
    body?.untap()
    const form = body === null ? null : body.form()
    if (body !== null && form === null && !watch.isCalling()) return
    const sent = watched === null ? sentOf(request, form) : null
    if (sent !== null) watched = watch.begin(sent)
  }

  return {
    failed: (error) => {
      if (watched === null && body !== null) begin()
      watched?.failed(error)
    },
    answered: (response) => {
      if (watched === null && body !== null) begin()
      if (watched?.answered(response.statusCode ?? 0) === true) onAnswer(response, watched, onError)
    },
  }
}

interface TappedForm {
  /** null: none that may be OAuth's. */
  readonly form: () => URLSearchParams | null
  readonly untap: () => void
}

/** Collects the start of what is written, if it is a form; calls `onEnd` when all is written. */
function tapForm(request: ClientRequest, onEnd: () => void, onError: OnHookError): TappedForm {
  const parts: Buffer[] = []
  let bytes = 0
  let isForm: boolean | null = null

  function take([chunk, encoding]: readonly unknown[]): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
    isForm ??= isFormType(headerOf(request, 'content-type'))
    if (!isForm) untap()
    if (!isForm || bytes > formBytesMax) return
    // A copy, for its owner may use it again; of no more than is looked at.
    const part = copyOf(chunk, encoding, formBytesMax + 1 - bytes)
    bytes += part.length
    parts.push(part)
  }

  const untaps = [
    tap(request, 'write', take, onError),
    tap(
      request,
      'end',
      (args) => {
        take(args)
        onEnd()
      },
      onError,
    ),
  ]
  const untap = (): void => {
    for (const undo of untaps) undo()
  }
  return { form: () => (isForm === true ? formIn(Buffer.concat(parts)) : null), untap }
}

function copyOf(chunk: string | Uint8Array, encoding: unknown, max: number): Buffer {
  if (typeof chunk !== 'string') return Buffer.from(chunk.subarray(0, max))
  const known = typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'
  return Buffer.from(chunk.slice(0, max), known)
}

function onAnswer(response: IncomingMessage, watched: Watched, onError: OnHookError): void {
  const { headers } = response
  const head = {
    contentType: text(headers['content-type']),
    contentEncoding: text(headers['content-encoding']),
    contentLength: text(headers['content-length']),
  }
  const body = isWorthReading(head) ? collectAnswer(head) : null
  const end = (how: () => void): void => {
    for (const undo of untaps) undo()
    how()
  }
  const untaps = [
    tap(
      response,
      'push',
      ([chunk]) => {
        if (chunk === null) end(() => watched.ended(body?.read() ?? null))
        else body?.take(chunk)
      },
      onError,
    ),
    // Before its end: the connection broke, or, without an error, the application has enough.
    tap(
      response,
      'destroy',
      ([error]) => end(() => (error ? watched.failed(error) : watched.ended(null))),
      onError,
    ),
  ]
}

function sentOf(request: ClientRequest, form: URLSearchParams | null): Sent | null {
  const url = urlOf(request)
  const { method } = request
  const authorization = headerOf(request, 'authorization')
  return url && { library: 'node:http', method, url, form, authorization }
}

/** The target of a request through a proxy is its path; else it is put together. */
function urlOf(request: ClientRequest): URL | null {
  const { protocol, host, path } = request
  const name = host.includes(':') ? `[${host}]` : host
  const target = `${protocol}//${name}${portIn(headerOf(request, 'host'))}`
  return /^https?:/i.test(path) ? URL.parse(path) : URL.parse(path, target)
}

/** `:port` of a Host header, empty for the default one. */
function portIn(host: string | null): string {
  return /:\d{1,5}$/.exec(host ?? '')?.[0] ?? ''
}

/** A header by its name in lower case. Headers that were given as an array are only in the text. */
function headerOf(request: ClientRequest, name: string): string | null {
  const value = request.getHeader(name)
  if (value !== undefined) return text(value)
  const { _header: head } = request as { _header?: unknown }
  const lines = typeof head === 'string' ? head.split('\r\n') : []
  const line = lines.find((one) => one.toLowerCase().startsWith(`${name}:`))
  return line === undefined ? null : line.slice(name.length + 1).trim()
}
