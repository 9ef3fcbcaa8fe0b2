// One call of OTLP/gRPC: checked in the order of HTTP's (http.ts), answered once, whatever happens
// first. Proven by grpc.test.ts.
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { RECEIVER_CODES, ReceiverError } from '../../codes.ts'
import { countSpans, type ExportAnswer, type Signal } from '../../flow.ts'
import { frameOf, PREFIX_BYTES } from '../../grpc-wire.ts'
import { isOfPage, isOwnHost } from '../../host.ts'
import type { Limits } from '../../limits.ts'
import type { Reservation } from '../admission.ts'
import type { Edge } from '../edge.ts'
import {
  announcedBytes,
  messageIn,
  receiptsThatFit,
  signalOf,
  statusHeaders,
  timeoutOf,
} from '../grpc.ts'
import { refusalMessage } from '../message.ts'
import { placeOf } from '../place.ts'
import { senderOf } from '../sender.ts'
import { encodeResponse } from '../status.ts'
import { encodingOf, encodings, inflate } from './inflate.ts'

const acceptedEncodings = ['identity', ...encodings].join(',')
const answerHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': acceptedEncodings,
}

/** As node:http2 gives them. */
interface Received {
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
}

/** Never rejects. */
export async function answerCall(
  stream: ServerHttp2Stream,
  { headers, rawHeaders }: Received,
  edge: Edge,
): Promise<void> {
  // A client that goes away is no event: nothing was acknowledged.
  stream.on('error', () => undefined)
  const timers = new Set<NodeJS.Timeout>()
  const within = (ms: number): NodeJS.Timeout => {
    const late = (): void => answerError(stream, new ReceiverError('RECEIVER_TIMEOUT'), edge)
    const timer = setTimeout(late, ms)
    timers.add(timer)
    return timer
  }
  try {
    const signal = callOf(stream, headers, edge)
    const timeoutMs = timeoutOf(header(headers, 'grpc-timeout'))
    // Longer ones are over before, by requestTimeoutMs or by a commit.
    if (timeoutMs <= MAX_TIMER_MS) within(timeoutMs)
    await answerExport(signal, { stream, headers, rawHeaders, edge, arrival: within })
  } catch (error) {
    answerError(stream, error, edge)
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}

/** More does not fit into a timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1

interface Call extends Received {
  readonly stream: ServerHttp2Stream
  readonly edge: Edge
  /** Answers the call as late after so many milliseconds, unless the timer is cleared. */
  readonly arrival: (ms: number) => NodeJS.Timeout
}

/** Who asks, what for, and how. */
function callOf(
  { session }: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { allowedHosts }: Edge,
): Signal {
  if (isOfPage(headers)) throw new ReceiverError('RECEIVER_ORIGIN_REFUSED')
  const host = header(headers, ':authority') ?? headers.host
  if (!isOwnHost(host, session?.socket.localAddress, allowedHosts)) {
    throw new ReceiverError('RECEIVER_HOST_REFUSED')
  }
  if (header(headers, ':method') !== 'POST') throw new ReceiverError('RECEIVER_METHOD_REFUSED')
  const type = headers['content-type'] ?? ''
  if (!/^application\/grpc(\+proto)?(;|$)/.test(type)) {
    throw new ReceiverError('RECEIVER_TYPE_REFUSED')
  }
  const signal = signalOf(header(headers, ':path') ?? '')
  if (signal === undefined) throw new ReceiverError('RECEIVER_PATH_UNKNOWN')
  return signal
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

async function answerExport(signal: Signal, call: Call): Promise<void> {
  const { edge, headers, rawHeaders, stream } = call
  const { admission, identify, onExport, turns } = edge
  const { socket } = stream.session!
  const caller = await identify({
    ...{ headers, rawHeaders, socket },
    ...{ method: header(headers, ':method'), url: header(headers, ':path') },
  })
  const pace = turns.paceOf(senderOf(caller, socket.remoteAddress))
  const reservation = admission.enter(caller)
  try {
    const body = await readMessage(call, reservation)
    const answer = await onExport({ signal, body, caller, pace })
    answerTaken(stream, signal, answer)
    endUnread(stream, edge.limits)
  } finally {
    reservation.release()
  }
}

/** Errors: as of readBody (body.ts). */
async function readMessage(call: Call, reservation: Reservation): Promise<Buffer> {
  const { arrival, edge, headers, stream } = call
  const { limits } = edge
  const encoding = encodingOf(header(headers, 'grpc-encoding') ?? 'identity')
  if (encoding === undefined) throw new ReceiverError('RECEIVER_ENCODING_REFUSED')
  const timer = arrival(limits.requestTimeoutMs)
  await collect(stream, limits.bodyBytes, reservation)
  clearTimeout(timer)
  const { bytes, isCompressed } = messageIn(reservation.memory.body)
  if (!isCompressed) return bytes
  if (encoding === 'identity') {
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', 'compressed, and no grpc-encoding')
  }
  return inflate(bytes, encoding, { limits, reservation })
}

/** Into the reservation's memory. Rejects when the client goes away before all is there. */
function collect(
  stream: ServerHttp2Stream,
  limitBytes: number,
  reservation: Reservation,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const { memory } = reservation
  const take = (chunk: Buffer): void => {
    try {
      reservation.reserve(chunk.length)
      memory.append(chunk)
      const message = Math.max(announcedBytes(memory.body) ?? 0, memory.body.length - PREFIX_BYTES)
      if (message > limitBytes) throw new ReceiverError('RECEIVER_BODY_TOO_LARGE')
    } catch (error) {
      stream.off('data', take)
      reject(error)
    }
  }
  // Whoever has gone while he was asked who he is brings neither an end nor a close any more.
  if (stream.destroyed) reject(new ReceiverError('RECEIVER_BODY_MALFORMED', 'cut off'))
  stream.on('data', take)
  stream.once('end', resolve)
  stream.once('close', () => reject(new ReceiverError('RECEIVER_BODY_MALFORMED', 'cut off')))
  return promise
}

function answerTaken(stream: ServerHttp2Stream, signal: Signal, answer: ExportAnswer): void {
  if (stream.headersSent || stream.destroyed) return
  const { checkpoint, receipts, refusals } = answer
  const partial = { signal, rejected: countSpans(refusals), message: refusalMessage(refusals) }
  const told = receiptsThatFit(receipts.map(base64))
  stream.respond(answerHeaders, { waitForTrailers: true })
  stream.once('wantTrailers', () => {
    stream.sendTrailers({
      'grpc-status': '0',
      ...(told.length > 0 && { 'grantlog-receipt': told.join(', ') }),
      ...(checkpoint !== null && { 'grantlog-checkpoint': base64(checkpoint) }),
    })
  })
  stream.end(frameOf(encodeResponse(partial)))
}

/**
 * A client that opens no window never gets the answer, and a call that is open keeps its place and
 * its connection: it is reset.
 */
function endUnread(
  stream: ServerHttp2Stream,
  { requestTimeoutMs }: Pick<Limits, 'requestTimeoutMs'>,
): void {
  if (stream.closed) return
  const reset = (): void => stream.close(constants.NGHTTP2_CANCEL)
  const timer = setTimeout(reset, requestTimeoutMs).unref()
  stream.once('close', () => clearTimeout(timer))
}

/** Only headers ("Trailers-Only"). What is no gRPC at all gets a status of HTTP. */
function answerError(stream: ServerHttp2Stream, error: unknown, { log, onRefused }: Edge): void {
  if (stream.headersSent || stream.destroyed) return
  const known = error instanceof ReceiverError ? error : new ReceiverError('RECEIVER_INTERNAL')
  if (known !== error) {
    log({ code: 'RECEIVER_INTERNAL', level: 'error', detail: placeOf(error) })
  }
  onRefused(known.code)
  const isGrpc = !['RECEIVER_METHOD_REFUSED', 'RECEIVER_TYPE_REFUSED'].includes(known.code)
  if (isGrpc) stream.respond({ ...answerHeaders, ...statusHeaders(known) }, { endStream: true })
  else stream.respond({ ':status': RECEIVER_CODES[known.code].status }, { endStream: true })
  // What the client still sends is not wanted (RFC 9113, 8.1).
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
