// A front of a receiver that is busy for the first connection, as OTLP wants it said, and lets all
// later ones through: 503 with Retry-After, or UNAVAILABLE, and then the connection's end.
import { createServer as createHttp } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { ReceiverError } from '../../packages/receiver/src/codes.ts'
import { statusHeaders } from '../../packages/receiver/src/receive/grpc.ts'
import type { Protocol } from './senders.ts'

export interface BusyFront {
  readonly endpoint: string
  /** Requests that were told to come again. */
  readonly refused: () => number
  close(): Promise<void>
}

/** As the receiver itself says it. */
const unavailable = {
  ...{ ':status': 200, 'content-type': 'application/grpc' },
  ...statusHeaders(new ReceiverError('RECEIVER_BUSY', 'busy')),
}

export async function startBusyFront(target: string, protocol: Protocol): Promise<BusyFront> {
  let refused = 0
  const http = createHttp((request, response) => {
    request.resume().on('end', () => {
      refused++
      response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
    })
  })
  const http2 = createHttp2().on('stream', (stream) => {
    stream.on('error', () => undefined)
    stream.resume().on('end', () => {
      refused++
      stream.respond(unavailable, { endStream: true })
      stream.session?.close()
    })
  })
  const sockets = new Set<Socket>()
  let connections = 0
  const front = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    if (connections++ === 0) (protocol === 'grpc' ? http2 : http).emit('connection', socket)
    else pipe(socket, target, sockets)
  })
  await new Promise<void>((resolve) => void front.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    refused: () => refused,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => front.close(resolve))
    },
  }
}

function pipe(socket: Socket, target: string, sockets: Set<Socket>): void {
  const { hostname, port } = new URL(target)
  const through = connect(Number(port), hostname)
  sockets.add(through.on('error', () => socket.destroy()))
  socket.pipe(through).pipe(socket)
}
