// Gives each connection of a port its place. Proven by connections.test.ts.
import type { Server, Socket } from 'node:net'
import { type Connections, createConnections } from '../connections.ts'
import type { Edge } from '../edge.ts'

export interface Port {
  readonly connections: Connections
  /** The edge with a look at who is known: whoever has shown who he is keeps his place. */
  readonly edge: Edge
}

/** Of one listener; `watch` its server with it. */
export function openPort(edge: Edge): Port {
  const connections = createConnections(edge)
  edge.onPort(connections)
  return {
    connections,
    edge: {
      ...edge,
      async identify(asked) {
        const caller = await edge.identify(asked)
        // Where anybody may send (`insecurePublicBind`), nobody has shown anything.
        if (caller.proof !== 'none') connections.proven(asked.socket)
        return caller
      },
      async mayEnrol(asked) {
        const who = await edge.mayEnrol(asked)
        connections.proven(asked.socket)
        return who
      },
    },
  }
}

export function watch(server: Server, connections: Connections): void {
  // Behind the server's own listener, which expects a socket that is open.
  server.on('connection', (socket: Socket) => {
    const { localAddress, remoteAddress, remotePort } = socket
    // Its addresses are gone once it is closed.
    const peer = { localAddress, remoteAddress, remotePort }
    if (connections.enter(peer, () => socket.destroy())) {
      socket.once('close', () => connections.leave(peer))
    }
  })
}
