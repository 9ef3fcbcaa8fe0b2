// The OTLP/HTTP server (opentelemetry-proto, docs/specification.md, "OTLP/HTTP"), for direct
// producers and Collectors. Everything about a request is checked in one order, the
// cheap things first, and every failure is a google.rpc.Status. Proven by http.test.ts.
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { challengeOf } from '../../challenge.ts'
import { RECEIVER_CODES, ReceiverError } from '../../codes.ts'
import { countSpans, type Signal } from '../../flow.ts'
import { isOfPage, isOwnHost } from '../../host.ts'
import { MAX_HEADER_BYTES } from '../../limits.ts'
import { listening } from '../../io/listening.ts'
import type { Connections } from '../connections.ts'
import type { Edge } from '../edge.ts'
import { contentTypes, formOf, protobufOf } from '../form.ts'
import { refusalMessage } from '../message.ts'
import { placeOf } from '../place.ts'
import { senderOf } from '../sender.ts'
import { encodeResponse, encodeStatus } from '../status.ts'
import { readBody } from './body.ts'
import { answerEnrol } from './enrol.ts'
import { encodings } from './inflate.ts'
import { openPort, watch } from './places.ts'
import { answerProducer } from './producer.ts'
import { createHttpServer } from './tls.ts'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly edge: Edge
}

/** A listening server. close() answers what is under way, then ends every connection. */
export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

interface Context extends Edge {
  readonly connections: Pick<Connections, 'isOld'>
  /** Not answered yet. */
  readonly open: Set<ServerResponse>
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly answer: (
    request: IncomingMessage,
    response: ServerResponse,
    context: Context,
  ) => Promise<void>
}

const ROUTES: Readonly<Record<string, Route>> = {
  '/v1/traces': { method: 'POST', answer: answering('traces') },
  '/v1/logs': { method: 'POST', answer: answering('logs') },
  '/v1/metrics': { method: 'POST', answer: answering('metrics') },
  '/grantlog/v1/consistency': { method: 'GET', answer: answerConsistency },
  '/grantlog/v1/enrol': { method: 'POST', answer: answerEnrol },
  '/grantlog/v1/producer': { method: 'GET', answer: answerProducer },
}

/** Starts to listen. Errors: RECEIVER_PORT_TAKEN; any other error of listen() as it is. */
export async function listenHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port } = options
  const { connections, edge } = openPort(options.edge)
  const { limits } = edge
  const context: Context = { ...edge, connections, open: new Set() }
  const server = createHttpServer(
    edge.tls,
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      // How often Node looks for requests that are over their time.
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs),
    },
    (request, response) => void handle(request, response, context),
  )
  watch(server, connections)
  await listening(server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () => drain(server, context),
  }
}

function drain(server: Server, { limits, open }: Context): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const giveUp = setTimeout(() => server.closeAllConnections(), limits.drainTimeoutMs)
  // Otherwise a client's kept-alive connection would hold the server open until it idles out.
  for (const response of open) response.shouldKeepAlive = false
  server.close(() => {
    clearTimeout(giveUp)
    resolve()
  })
  server.closeIdleConnections()
  return promise
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  // A client that goes away is no event: nothing was acknowledged.
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  context.open.add(response)
  response.once('close', () => context.open.delete(response))
  try {
    if (context.connections.isOld(request.socket)) response.shouldKeepAlive = false
    const route = routeOf(request, response, context)
    await route.answer(request, response, context)
  } catch (error) {
    answerError(request, response, error, context)
  }
  request.resume()
}

/** Who asks, what for, and how: in this order, so that a web page learns nothing. */
function routeOf(request: IncomingMessage, response: ServerResponse, context: Context): Route {
  const { headers, socket } = request
  if (isOfPage(headers)) throw new ReceiverError('RECEIVER_ORIGIN_REFUSED')
  if (!isOwnHost(headers.host, socket.localAddress, context.allowedHosts)) {
    throw new ReceiverError('RECEIVER_HOST_REFUSED')
  }
  const [path = ''] = (request.url ?? '').split('?', 1)
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined
  if (route === undefined) throw new ReceiverError('RECEIVER_PATH_UNKNOWN')
  if (request.method !== route.method) {
    response.setHeader('allow', route.method)
    throw new ReceiverError('RECEIVER_METHOD_REFUSED')
  }
  return route
}

function answering(signal: Signal): Route['answer'] {
  return (request, response, context) => answerExport(signal, request, response, context)
}

async function answerExport(
  signal: Signal,
  request: IncomingMessage,
  response: ServerResponse,
  { admission, identify, limits, onExport, turns }: Context,
): Promise<void> {
  const form = formOf(request.headers['content-type'])
  if (form === null) throw new ReceiverError('RECEIVER_TYPE_REFUSED')
  const caller = await identify(request)
  const pace = turns.paceOf(senderOf(caller, request.socket.remoteAddress))
  const reservation = admission.enter(caller)
  try {
    const read = await readBody(request, { limits, reservation })
    const body = await pace(protobufOf(read, form, signal), read.length)
    if (body.length > limits.bodyBytes) throw new ReceiverError('RECEIVER_BODY_TOO_LARGE')
    if (body !== read) reservation.reserve(body.length)
    const exported = { signal, body, caller, pace, ...originIn(request) }
    const { checkpoint, receipts, refusalNote, refusals } = await onExport(exported)
    const partial = { signal, rejected: countSpans(refusals), message: refusalMessage(refusals) }
    const headers: string[] = []
    if (receipts.length > 0) headers.push('grantlog-receipt', receipts.map(base64).join(', '))
    if (refusalNote !== undefined) headers.push('grantlog-refusal', base64(refusalNote))
    if (checkpoint !== null) headers.push('grantlog-checkpoint', base64OfCheckpoint(checkpoint))
    send(response, 200, {
      type: contentTypes[form],
      body: encodeResponse(partial, form),
      headers,
    })
  } finally {
    reservation.release()
  }
}

/** The one log that an edge speaks to. */
function originIn({ headers }: IncomingMessage): { origin?: string } {
  const origin = headers['grantlog-origin']
  return typeof origin === 'string' ? { origin } : {}
}

async function answerConsistency(
  request: IncomingMessage,
  response: ServerResponse,
  { identify, onConsistency }: Context,
): Promise<void> {
  await identify(request)
  const query = new URLSearchParams((request.url ?? '').split('?').slice(1).join('?'))
  const from = wholeNumber(query.get('from'))
  const to = wholeNumber(query.get('to'))
  const hashes = await onConsistency(from, to, query.get('origin'))
  const proof = hashes.map((hash) => Buffer.from(hash).toString('base64'))
  const body = Buffer.from(JSON.stringify({ from, to, proof }))
  send(response, 200, { type: 'application/json', body })
}

function wholeNumber(text: string | null): number {
  if (text === null || !/^(0|[1-9]\d{0,14})$/.test(text)) {
    throw new ReceiverError('RECEIVER_QUERY_MALFORMED')
  }
  return Number(text)
}

function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  { log, onRefused }: Context,
): void {
  if (response.headersSent || response.destroyed) return
  const known = error instanceof ReceiverError ? error : new ReceiverError('RECEIVER_INTERNAL')
  if (known !== error) {
    log({ code: 'RECEIVER_INTERNAL', level: 'error', detail: placeOf(error) })
  }
  onRefused(known.code)
  const { status, rpc, fix } = RECEIVER_CODES[known.code]
  if (status === 503 || status === 429) {
    response.setHeader('retry-after', String(known.retryAfterS))
  }
  const challenge = challengeOf(known)
  if (challenge !== undefined) response.setHeader('www-authenticate', challenge)
  if (known.code === 'RECEIVER_ENCODING_REFUSED') {
    response.setHeader('accept-encoding', encodings.join(', '))
  }
  const form = formOf(request.headers['content-type']) ?? 'protobuf'
  const body = encodeStatus(rpc, `${known.code}: ${known.message}; ${fix}`, form)
  send(response, status, { type: contentTypes[form], body })
}

function send(
  response: ServerResponse,
  status: number,
  { body, headers = [], type }: Answer,
): void {
  response.writeHead(status, [
    ...['content-type', type, 'content-length', String(body.length)],
    ...['x-content-type-options', 'nosniff', ...headers],
  ])
  // An empty body would be written by a call of its own.
  if (body.length === 0) response.end()
  else response.end(body)
}

interface Answer {
  readonly type: string
  readonly body: Buffer
  /** Names and values by turns. */
  readonly headers?: readonly string[]
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** That of the last answer: there is a new one twice a second at most. */
let last = { checkpoint: '', encoded: '' }

function base64OfCheckpoint(checkpoint: string): string {
  if (checkpoint !== last.checkpoint) last = { checkpoint, encoded: base64(checkpoint) }
  return last.encoded
}
