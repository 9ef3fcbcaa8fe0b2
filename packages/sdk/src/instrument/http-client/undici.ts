// npm's undici, whatever of it is called (`request`, `stream`, a Client, a Pool): its channels tell
// of each request, its answer and, from version 7.11 on, the bytes of it, which before are taken on
// their way to who asked. `fetch` is told apart by its body, which is an iterable even for a text;
// it is wrapped, like Node's own.
//
// Node's own undici has the same channels.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { formIn, isFormType } from '../client-call/form.ts'
import { fence, type OnHookError } from '../fence.ts'
import { isObject, type Members, record, text } from '../unknown.ts'
import { type AnswerBody, collectAnswer, isWorthReading } from './answer.ts'
import type { Sent, Watch, Watched } from './watch.ts'

interface Exchange {
  readonly watched: Watched
  body: AnswerBody | null
  /** Its bytes are taken from the request: no channel has to tell of them. */
  isTapped: boolean
}

type Hook = (message: unknown) => void

/** Starts watching; returns how to stop. */
export function watchUndici(watch: Watch, onError: OnHookError): () => void {
  const exchanges = new Map<unknown, Exchange>()
  const fenced =
    (hook: (message: Members) => void): Hook =>
    (message) =>
      void fence(() => hook(record(message)), onError)

  const onCreate = fenced(({ request }) => {
    const sent = sentOf(record(request), watch.isCalling())
    const watched = sent && watch.begin(sent)
    if (watched !== null) follow(request, { watched, body: null, isTapped: false })
  })

  const end = (request: unknown, use: (exchange: Exchange) => void): void => {
    const exchange = exchanges.get(request)
    if (exchange === undefined) return
    exchanges.delete(request)
    if (exchanges.size === 0) toggle(unsubscribe)
    use(exchange)
  }

  // There is a message for each chunk of each answer: nobody listens while no OAuth request runs.
  const others: Readonly<Record<string, Hook>> = {
    'undici:request:headers': fenced(({ request, response }) => {
      const exchange = exchanges.get(request)
      if (exchange === undefined) return
      const { statusCode, headers } = record(response)
      if (!exchange.watched.answered(Number(statusCode))) return
      const head = headOf(headers)
      exchange.body = isWorthReading(head) ? collectAnswer(head) : null
    }),
    'undici:request:bodyChunkReceived': fenced(({ request, chunk }) => {
      const exchange = exchanges.get(request)
      if (exchange?.isTapped === false) exchange.body?.take(chunk)
    }),
    'undici:request:trailers': fenced(({ request }) => {
      end(request, ({ watched, body }) => watched.ended(body?.read() ?? null))
    }),
    'undici:request:error': fenced(({ request, error }) => {
      end(request, ({ watched }) => watched.failed(error))
    }),
  }
  const toggle = (how: typeof subscribe | typeof unsubscribe): void => {
    for (const [name, hook] of Object.entries(others)) how(name, hook)
  }
  function follow(request: unknown, exchange: Exchange): void {
    if (exchanges.size === 0) toggle(subscribe)
    exchanges.set(request, exchange)
    tap(request, (chunk) => {
      exchange.isTapped = true
      void fence(() => exchange.body?.take(chunk), onError)
    })
  }

  subscribe('undici:request:create', onCreate)
  return () => {
    unsubscribe('undici:request:create', onCreate)
    if (exchanges.size > 0) toggle(unsubscribe)
    exchanges.clear()
  }
}

/** A request of undici's gets each chunk of its answer from whatever connection it is on. */
function tap(request: unknown, take: (chunk: unknown) => void): void {
  const { onData } = record(request)
  if (typeof onData !== 'function') return
  const value = function (this: unknown, ...args: unknown[]): unknown {
    take(args[0])
    return Reflect.apply(onData, this, args)
  }
  Reflect.defineProperty(request as object, 'onData', { value, configurable: true, writable: true })
}

/** null: of no interest. `isAll`: each request is that `fetch` did not send. */
function sentOf({ method, path, origin, body, headers }: Members, isAll: boolean): Sent | null {
  const isPost = method === 'POST' && body instanceof Uint8Array
  if (!isPost) return null
  const isForm = isFormType(headerIn(headers, 'content-type'))
  const form = isForm ? formIn(body) : null
  if (form === null && !isAll) return null
  const url = URL.parse(String(path), String(origin))
  const authorization = headerIn(headers, 'authorization')
  return url && { library: 'undici', method, url, form, authorization }
}

function headOf(headers: unknown): Parameters<typeof isWorthReading>[0] {
  return {
    contentType: headerIn(headers, 'content-type'),
    contentEncoding: headerIn(headers, 'content-encoding'),
    contentLength: headerIn(headers, 'content-length'),
  }
}

/**
 * A header by its name in lower case: of names and values in turn, as texts or bytes; of one text,
 * as before version 7; of an object, as with HTTP/2.
 */
function headerIn(headers: unknown, name: string): string | null {
  const flat = typeof headers === 'string' ? headers.split(/: |\r\n/) : headers
  if (!Array.isArray(flat)) return isObject(headers) ? text(record(headers)[name]) : null
  const at = flat.findIndex((one, i) => i % 2 === 0 && String(one).toLowerCase() === name)
  return at < 0 ? null : String(flat[at + 1])
}
