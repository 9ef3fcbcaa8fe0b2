// Requests whose connection ends before their response: Node's channel does not tell of them.
//
// One listener for each connection, whatever runs on it. It adds nothing to the response's own
// listeners, which applications count and remove; a server's socket has few, far below the number
// from which Node warns.
import type { Socket } from 'node:net'
import type { Message } from './snapshot.ts'

export interface Connections {
  /** The request runs from now on. */
  readonly enter: (message: Message) => void
  readonly leave: (message: Message) => void
  /** From now on nothing is told; the listeners stay until their connections end. */
  readonly stop: () => void
}

/** `onCut` is called with each request that runs on a connection that ends. */
export function watchConnections(onCut: (message: Message) => void): Connections {
  const running = new WeakMap<Socket, Message[]>()
  let isStopped = false

  function onClose(this: Socket): void {
    if (isStopped) return
    for (const message of running.get(this)?.splice(0) ?? []) onCut(message)
  }

  return {
    enter: (message) => {
      const { socket } = message
      const messages = running.get(socket)
      if (messages !== undefined) return void messages.push(message)
      running.set(socket, [message])
      socket.on('close', onClose)
    },
    leave: ({ request, socket }) => {
      const messages = running.get(socket)
      if (messages === undefined) return
      // Mostly it is the only one.
      if (messages.at(-1)?.request === request) return void messages.pop()
      const at = messages.findIndex((one) => one.request === request)
      if (at >= 0) messages.splice(at, 1)
    },
    stop: () => {
      isStopped = true
    },
  }
}
