// Node's HTTP, for instrumentations that wait for modules to be loaded, and for the exporter.
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'

/**
 * Has the instrumentation of `http` and `https` patch them now. They are one object for `require`
 * and `import` alike, so no loader hook is needed, and none of the application's is disturbed.
 */
export function loadHttp(): void {
  const require = createRequire(import.meta.url)
  require('node:http')
  require('node:https')
  syncBuiltinESMExports()
}

/** An agent whose sockets never keep the process alive, however slowly somebody answers. */
export function detachedAgent(protocol: string): HttpAgent {
  const agent = new (protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true })
  const { createConnection, reuseSocket } = agent
  agent.createConnection = (...args) => detached(createConnection.apply(agent, args))
  agent.reuseSocket = (socket, request) => {
    reuseSocket.call(agent, socket, request)
    detached(socket)
  }
  return agent
}

/** In the types a socket of an agent may be any stream. */
function detached<T>(socket: T): T {
  if (socket instanceof Socket) socket.unref()
  return socket
}
