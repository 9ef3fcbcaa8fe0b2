// Holds a response of node:http back: head and body wait in the process until they are let go, or
// until something else is sent instead.
//
// Node does the same for a client that pipelines: a response whose turn has not come collects what
// is written to it, with its head made and fixed, `write` false above the high-water mark, 'drain'
// and 'finish' after it was sent. `_writeRaw` and `_flush` are where it decides that; of a held
// response they are members of its own that say "not yet", and are deleted when it is let go. So
// all else is Node's own doing, and so are the bytes. decisions/010 tells what else was weighed.
//
// See held-response.test.ts, and test/guarantee.test.ts for the same on real frameworks.
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What is done with a held response, once. */
export interface HeldResponse {
  /** Sends what waits; from then on the response is as Node made it. */
  readonly release: () => void
  /**
   * Sends these bytes, a whole response, instead of what waits and of all that is still written,
   * and ends the connection.
   */
  readonly replace: (bytes: Uint8Array) => void
}

type Callback = (error?: Error | null) => void

interface Waiting {
  readonly data: string | Uint8Array
  readonly encoding: BufferEncoding | null
  readonly callback: Callback | null
}

/** Members of Node's own. */
interface Internals {
  _writeRaw: (
    data: string | Uint8Array,
    encoding?: BufferEncoding | Callback | null,
    callback?: Callback | null,
    size?: number,
  ) => boolean
  _flush: () => void
  _finish: () => void
  _onPendingData: (delta: number) => void
  _header: string | null
  _last: boolean
  outputData: Waiting[]
  outputSize: number
  finished: boolean
}

/** A response with Node's own members, which its types leave out. */
type Response = Omit<ServerResponse, keyof Internals> & Internals

/** A connection; it knows the response whose turn it is. */
type Connection = Socket & { readonly _httpMessage?: object | null }

/** Whether this version of Node has the members that are needed. */
export function canHold(message: ServerResponse): boolean {
  const { _writeRaw, _flush, _finish, _onPendingData, outputData } = message as unknown as Response
  const methods = [_writeRaw, _flush, _finish, _onPendingData]
  return methods.every((one) => typeof one === 'function') && Array.isArray(outputData)
}

/**
 * Holds a response of which nothing was sent. `onReady` is called once, when the host sends its
 * first byte: status and head are fixed then, and nothing of them has left. It may let it go at
 * once, must not throw, and nothing is let go by itself. Interim responses (RFC 9110 section 15.2)
 * pass.
 */
export function holdResponse(message: ServerResponse, onReady: () => void): HeldResponse {
  const response = message as unknown as Response
  const native = { writeRaw: response._writeRaw, flush: response._flush }
  let instead: Replacement | null = null
  let isReady = false
  let isHeld = true

  own(response, '_writeRaw', (data, encoding, callback, size) => {
    // Only interim responses come before the head.
    if (response._header === null) return native.writeRaw.call(response, data, encoding, callback)
    if (!isReady) {
      isReady = true
      onReady()
    }
    if (!isHeld) return native.writeRaw.call(response, data, encoding, callback, size)
    if (isGone(response)) return false
    const given = typeof encoding === 'function' ? encoding : (callback ?? null)
    if (instead !== null) return instead.swallow(given)
    return keep(response, data, typeof encoding === 'function' ? null : (encoding ?? null), given)
  })
  // Called when the turn of a pipelined response has come, too.
  own(response, '_flush', () => {
    if (response._header === null) native.flush.call(response)
    else instead?.send()
  })

  return {
    release: () => {
      if (instead !== null || !isHeld) return
      isHeld = false
      disown(response)
      process.nextTick(flush, response)
    },
    replace: (bytes) => {
      if (instead !== null || !isHeld) return
      instead = replacement(response, bytes)
      instead.send()
    },
  }
}

/**
 * Sends what waits; what the host has written since did it before. It runs listeners of the host,
 * whose errors are the host's own.
 */
function flush(response: Response): void {
  if (isItsTurn(response) && response.outputData.length > 0) response._flush()
}

/** As Node keeps it for a response whose turn has not come. */
function keep(
  response: Response,
  data: string | Uint8Array,
  encoding: BufferEncoding | null,
  callback: Callback | null,
): boolean {
  response.outputData.push({ data, encoding, callback })
  response.outputSize += data.length
  response._onPendingData(data.length)
  return response.outputSize < response.writableHighWaterMark
}

interface Replacement {
  /** Sends it, if the response's turn has come. */
  readonly send: () => void
  /** Takes what the host goes on writing. */
  readonly swallow: (callback: Callback | null) => boolean
}

function replacement(response: Response, bytes: Uint8Array): Replacement {
  const callbacks = drop(response)
  let state: 'waits' | 'is sent' | 'was sent' = 'waits'
  // Node ends the connection when the response has finished.
  response._last = true
  response.shouldKeepAlive = false

  function send(): void {
    const socket = response.socket as Connection | null
    if (state !== 'waits' || socket === null || !isItsTurn(response) || !socket.writable) return
    state = 'is sent'
    // The host's own callbacks, among them the one that tells it that its response has finished.
    socket.write(bytes, (error) => {
      state = 'was sent'
      for (const callback of callbacks.splice(0)) callback(error)
    })
    if (!response.finished) socket.destroySoon()
    else process.nextTick(() => isItsTurn(response) && response._finish())
  }

  return {
    send,
    swallow: (callback) => {
      if (callback !== null && state !== 'was sent') callbacks.push(callback)
      else if (callback !== null) process.nextTick(callback)
      return true
    },
  }
}

/** Forgets what waits; returns the callbacks of those who wait for it. */
function drop(response: Response): Callback[] {
  const callbacks = response.outputData.flatMap(({ callback }) => callback ?? [])
  response.outputData = []
  response._onPendingData(-response.outputSize)
  response.outputSize = 0
  return callbacks
}

function isItsTurn(response: Response): boolean {
  return (response.socket as Connection | null)?._httpMessage === response
}

function isGone({ destroyed, socket }: Response): boolean {
  return destroyed || socket?.destroyed === true
}

/** Not enumerable, for applications list members of a response. */
function own<N extends '_writeRaw' | '_flush'>(
  response: Response,
  name: N,
  value: Internals[N],
): void {
  Object.defineProperty(response, name, { value, configurable: true, writable: true })
}

function disown(response: Response): void {
  for (const name of ['_writeRaw', '_flush']) Reflect.deleteProperty(response, name)
}
