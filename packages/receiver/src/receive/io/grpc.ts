// The OTLP/gRPC server, on HTTP/2 without a framework: unary calls of raw bytes cost half of what
// they cost with one. Proven by grpc.test.ts, with @grpc/grpc-js as the client.
//
// Floods: nghttp2 ends a connection that resets streams faster than STREAM_RESETS, that sends more
// SETTINGS and PING than it reads answers to, CONTINUATION without end, or headers over the limit;
// session.ts one that sends these and no calls.
import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import {
  GRPC_CONNECTION_WINDOW_BYTES,
  GRPC_STREAM_WINDOW_BYTES,
  MAX_GRPC_SESSION_MIB,
  MAX_GRPC_STREAMS,
  MAX_HEADER_BYTES,
  STREAM_RESETS,
} from '../../limits.ts'
import { listening } from '../../io/listening.ts'
import type { Edge } from '../edge.ts'
import { answerCall } from './grpc-call.ts'
import { openPort, watch } from './places.ts'
import { watchSession } from './session.ts'

export interface GrpcOptions {
  readonly host: string
  readonly port: number
  readonly edge: Edge
}

/** A listening server. close() answers what is under way, then ends every connection. */
export interface GrpcServer {
  readonly port: number
  close(): Promise<void>
}

const serverOptions: ServerOptions = {
  settings: {
    enablePush: false,
    initialWindowSize: GRPC_STREAM_WINDOW_BYTES,
    maxConcurrentStreams: MAX_GRPC_STREAMS,
    maxHeaderListSize: MAX_HEADER_BYTES,
  },
  maxSessionMemory: MAX_GRPC_SESSION_MIB,
  streamResetBurst: STREAM_RESETS.burst,
  streamResetRate: STREAM_RESETS.perSecond,
}

/** Starts to listen. Errors: RECEIVER_PORT_TAKEN; any other error of listen() as it is. */
export async function listenGrpc({ host, port, ...options }: GrpcOptions): Promise<GrpcServer> {
  const { connections, edge } = openPort(options.edge)
  const sessions = new Set<ServerHttp2Session>()
  const server = createGrpcServer(edge)
  // It is one of node:net, which its type does not say.
  watch(server as unknown as Server, connections)
  server.on('session', (session) => {
    sessions.add(session)
    welcome(session)
    watchSession(session, edge.limits, connections)
    session.once('close', () => sessions.delete(session))
  })
  const onStream = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: string[],
  ): void => void answerCall(stream, { headers, rawHeaders }, edge)
  server.on('stream', onStream)
  // What a client does wrong on a connection ends that connection, and is no event.
  server.on('sessionError', () => undefined)
  await listening(server as unknown as Server, host, port)
  return {
    port: (server.address() as AddressInfo).port,
    close: () => drain(server, sessions, edge),
  }
}

function createGrpcServer({ tls }: Edge): Http2SecureServer | Http2Server {
  if (tls === null) return createServer(serverOptions)
  const server = createSecureServer({ ...serverOptions, ...tls.serverOptions(['h2']) })
  tls.attach(server)
  return server
}

function welcome(session: ServerHttp2Session): void {
  session.on('error', () => undefined)
  session.setLocalWindowSize(GRPC_CONNECTION_WINDOW_BYTES)
}

function drain(
  server: Pick<Http2Server, 'close'>,
  sessions: ReadonlySet<ServerHttp2Session>,
  { limits }: Edge,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const giveUp = setTimeout(() => {
    for (const session of sessions) session.destroy()
  }, limits.drainTimeoutMs)
  // It also asks all sessions to end, once their calls are answered.
  server.close(() => {
    clearTimeout(giveUp)
    resolve()
  })
  return promise
}
