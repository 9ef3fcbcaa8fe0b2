// What stands between a producer and its receiver: passes everything on, until it is told to keep
// the receiver's answers back. Its port stays when the receiver behind it is another one.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Valve {
  readonly endpoint: string
  /** Where it leads from now on. */
  readonly lead: (endpoint: string) => void
  /** Keeps answers back; resolves when the first one that carries a receipt is there. */
  readonly keep: () => Promise<void>
  /** Passes on what was kept, and everything after it. */
  readonly open: () => void
  readonly close: () => Promise<void>
}

/** Starts one on a port of the loopback; 0: a free one. */
export async function startValve(port = 0): Promise<Valve> {
  const sockets = new Set<Socket>()
  const kept: [Socket, Buffer][] = []
  let target = 0
  let isOpen = true
  let onReceipt: () => void = () => undefined

  const server = createServer((client) => {
    const receiver = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [client, receiver],
      [receiver, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    client.pipe(receiver, { end: false })
    receiver.on('data', (part: Buffer) => {
      if (isOpen) return void client.write(part)
      kept.push([client, part])
      if (/^grantlog-receipt:/im.test(part.toString('latin1'))) onReceipt()
    })
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lead: (endpoint) => void (target = Number(new URL(endpoint).port)),
    keep: () => {
      isOpen = false
      return new Promise((resolve) => void (onReceipt = resolve))
    },
    open: () => {
      isOpen = true
      for (const [client, part] of kept.splice(0)) client.write(part)
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
