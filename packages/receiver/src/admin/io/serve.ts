// Puts the admin app on a port.
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { ReceiverError } from '../../codes.ts'
import { type Limits, MAX_HEADER_BYTES } from '../../limits.ts'
import { type AdminOptions, createAdminApp } from '../app.ts'

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

/** Errors: RECEIVER_PORT_TAKEN; any other error of listen() as it is. */
export async function serveAdmin(
  options: AdminOptions & { readonly host: string; readonly port: number; readonly limits: Limits },
): Promise<AdminServer> {
  const { limits } = options
  const app = createAdminApp(options)
  const server = createAdaptorServer({
    fetch: (request, env) => {
      const { socket } = env.incoming as IncomingMessage
      return app.fetch(request, { localAddress: socket.localAddress })
    },
    overrideGlobalObjects: false,
    serverOptions: {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs),
    },
  }) as Server
  server.maxConnections = limits.connections
  await listening(server, options)
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function listening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE'
    reject(taken ? new ReceiverError('RECEIVER_PORT_TAKEN', `${host}:${port}`) : error)
  })
  server.listen(port, host, resolve)
  return promise
}
