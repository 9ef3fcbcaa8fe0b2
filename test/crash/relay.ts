// Passes TCP connections on, byte for byte. As a program: `relay.ts HOST PORT` listens on a free
// port of HOST, writes it, and passes on to PORT of the loopback.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Relay extends AsyncDisposable {
  readonly port: number
}

export interface Way {
  readonly host: string
  readonly toHost: string
  readonly toPort: number
}

export async function startRelay({ host, toHost, toPort }: Way): Promise<Relay> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(toPort, toHost)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
      one.pipe(other)
    }
  }).listen(0, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

if (import.meta.main) {
  const [host, port] = process.argv.slice(2)
  const relay = await startRelay({ host: host!, toHost: '127.0.0.1', toPort: Number(port) })
  process.stdout.write(`${relay.port}\n`)
}
