// `fetch`: the one of Node, and that of npm's undici. The wrapper is a proxy, so its name, length
// and own properties are those of the function itself.
//
// The caller of an OAuth request gets a derived promise, which settles in the same way; all others
// get what `fetch` gave.
import { formBytesMax } from '../../limits.ts'
import { fence, type OnHookError } from '../fence.ts'
import { formIn, isFormType } from '../client-call/form.ts'
import { watchPromise } from '../client-call/promise.ts'
import { isObject, text } from '../unknown.ts'
import { type AnswerHead, collectAnswer, isWorthReading } from './answer.ts'
import { readBeside } from './beside.ts'
import type { Sent, Watch, Watched } from './watch.ts'

type Fetch = (this: unknown, ...args: unknown[]) => unknown

export interface FetchOptions {
  readonly library: Sent['library']
  readonly watch: Watch
  readonly isStopped: () => boolean
  readonly onError: OnHookError
}

/** `fetch`, watched. Works like it in all that a program can tell, but for its source text. */
export function wrapFetch<T>(original: T, { library, watch, isStopped, onError }: FetchOptions): T {
  const begin = (args: readonly unknown[]): Watched | null => {
    if (isStopped()) return null
    const sent = fence(() => sentOf(args, library, watch.isCalling()), onError)
    return sent && watch.begin(sent)
  }
  return new Proxy(original as Fetch, {
    apply(target, self, args) {
      const watched = begin(args)
      if (watched === null) return Reflect.apply(target, self, args)
      let promise: unknown
      try {
        promise = Reflect.apply(target, self, args)
      } catch (error) {
        watched.dropped()
        throw error
      }
      return watchPromise(promise, {
        fulfilled: (response) => {
          const isRead = fence(() => (onResponse(response, watched), true), onError)
          if (isRead === null) watched.ended(null)
        },
        rejected: watched.failed,
        dropped: watched.dropped,
      })
    },
  }) as T
}

/** The parts of a Request and of a Response that are used. */
interface Message {
  readonly status: number
  readonly bodyUsed: boolean
  readonly body: ReadableStream<Uint8Array> | null
  readonly headers: Headers
  readonly clone: () => Message
}

function onResponse(response: unknown, watched: Watched): void {
  if (Object.prototype.toString.call(response) !== '[object Response]') {
    watched.dropped()
    return
  }
  const message = response as Message
  if (!watched.answered(message.status)) return
  const head: AnswerHead = {
    contentType: message.headers.get('content-type'),
    // It is decoded already.
    contentEncoding: null,
    contentLength: message.headers.get('content-length'),
  }
  const { body: main, bodyUsed } = message
  if (main === null || main.locked || bodyUsed || !isWorthReading(head)) {
    watched.ended(null)
    return
  }
  const body = collectAnswer(head)
  const copy = message.clone().body!
  readBeside(copy, message.body!, body.take).then(
    (isWhole) => watched.ended(isWhole ? body.read() : null),
    watched.failed,
  )
}

/** null: of no interest. `isAll`: each request is. */
function sentOf(
  [input, init]: readonly unknown[],
  library: Sent['library'],
  isAll: boolean,
): Sent | null {
  const request = isRequest(input) ? input : null
  const method = methodOf(optionOf(init, 'method') ?? request?.method)
  if (method !== 'POST' && !isAll) return null
  const headers = optionOf(init, 'headers') ?? request?.headers
  const form = method === 'POST' ? formOf(optionOf(init, 'body'), headers, request) : null
  if (form === null && !isAll) return null
  const url = urlOf(request?.url ?? input)
  return url && { library, method, url, form, authorization: headerIn(headers, 'authorization') }
}

/** An option that is computed when it is read is left to `fetch`, which reads it once. */
function optionOf(init: unknown, name: string): unknown {
  if (!isObject(init)) return undefined
  return isRequest(init)
    ? Reflect.get(init, name)
    : Object.getOwnPropertyDescriptor(init, name)?.value
}

function formOf(body: unknown, headers: unknown, request: RequestLike | null): Sent['form'] {
  const isForm = isFormType(headerIn(headers, 'content-type'))
  if (body !== undefined && body !== null) {
    return isForm || body instanceof URLSearchParams ? formIn(body) : null
  }
  const hasBody = request !== null && request.body !== null && !request.bodyUsed
  return isForm && hasBody ? formOfRequest(request) : null
}

/** A Request does not show its body again; a copy of it is read as far as a form may be long. */
async function formOfRequest(request: RequestLike): Promise<URLSearchParams | null> {
  try {
    const copy = request.clone().body!
    const parts: Uint8Array[] = []
    let bytes = 0
    await readBeside(copy, request.body!, (chunk) => {
      bytes += chunk.length
      parts.push(chunk)
      return bytes <= formBytesMax
    })
    return formIn(Buffer.concat(parts))
  } catch {
    // `fetch` says itself what is wrong with it.
    return null
  }
}

interface RequestLike extends Omit<Message, 'status' | 'clone'> {
  readonly url: string
  readonly method: string
  readonly clone: () => RequestLike
}

/** A Request of Node or of npm's undici; they are different classes. */
function isRequest(input: unknown): input is RequestLike {
  return Object.prototype.toString.call(input) === '[object Request]'
}

/** null: `fetch` says itself that it is none. */
function urlOf(input: unknown): URL | null {
  return input instanceof URL ? new URL(input) : typeof input === 'string' ? URL.parse(input) : null
}

/** As `fetch` normalizes it. */
function methodOf(method: unknown): string {
  return typeof method === 'string' ? method.toUpperCase() : 'GET'
}

/** A header in what `fetch` takes for headers, but for iterables that can be read only once. */
function headerIn(headers: unknown, name: string): string | null {
  if (!isObject(headers)) return null
  if (Object.prototype.toString.call(headers) === '[object Headers]') {
    return (headers as Headers).get(name)
  }
  if (Array.isArray(headers)) {
    const pair: unknown = headers.find((one: unknown) => isPairOf(one, name))
    return Array.isArray(pair) ? text(pair[1]) : null
  }
  if (Symbol.iterator in headers) return null
  const key = Object.keys(headers).find((one) => one.toLowerCase() === name)
  return key === undefined ? null : text(optionOf(headers, key))
}

function isPairOf(pair: unknown, name: string): boolean {
  return Array.isArray(pair) && typeof pair[0] === 'string' && pair[0].toLowerCase() === name
}
