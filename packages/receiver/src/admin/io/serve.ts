// Puts the admin app on a port.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { listening } from '../../io/listening.ts'
import { type Limits, MAX_HEADER_BYTES } from '../../limits.ts'
import { type AdminOptions, createAdminApp } from '../app.ts'

export interface AdminServer {
  readonly port: number
  close(): Promise<void>
}

/** Answers what is not ours: the console, which is a process of its own. */
export type AdminFallback = (request: IncomingMessage, response: ServerResponse) => void

/** Paths of the app; all others are the fallback's, if there is one. */
const ownPaths = /^\/(checkpoint|healthz|readyz|metrics(?:\?|$)|tenants\/|tile\/|grantlog\/)/

/** Errors: RECEIVER_PORT_TAKEN; any other error of listen() as it is. */
export async function serveAdmin(
  options: AdminOptions & {
    readonly host: string
    readonly port: number
    readonly limits: Limits
    readonly fallback?: AdminFallback | undefined
  },
): Promise<AdminServer> {
  const { fallback, limits } = options
  const app = createAdminApp(options)
  const answer = getRequestListener(
    (request, env) => {
      const { socket } = env.incoming as IncomingMessage
      return app.fetch(request, { localAddress: socket.localAddress })
    },
    { overrideGlobalObjects: false },
  )
  const server = createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.idleTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs),
    },
    (request, response) => {
      if (fallback === undefined || ownPaths.test(request.url ?? '')) void answer(request, response)
      else fallback(request, response)
    },
  )
  server.maxConnections = limits.connections
  await listening(server, options.host, options.port)
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
