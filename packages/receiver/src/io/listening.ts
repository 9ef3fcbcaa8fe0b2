// The start of a server, whatever it speaks.
import type { Server } from 'node:net'
import { ReceiverError } from '../codes.ts'

/** Errors: RECEIVER_PORT_TAKEN; any other error of listen() as it is. */
export function listening(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => {
    const taken = error.code === 'EADDRINUSE'
    reject(taken ? new ReceiverError('RECEIVER_PORT_TAKEN', `${host}:${port}`) : error)
  })
  server.listen(port, host, resolve)
  return promise
}
