// A load balancer in front of the authorization server, as there is one everywhere: passes bytes
// on, and once, when told to, loses a token request before the server has seen anything of it.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  readonly url: string
  /** The next token request gets no answer: its connection is closed instead. */
  loseNextTokenRequest(): void
  close(): void
}

/**
 * Listens on a port of 127.0.0.1 (0: any that is free) and passes connections on to `to`, a URL.
 */
export async function startBalancer(to: string, at = 0): Promise<Balancer> {
  const port = Number(new URL(to).port)
  const clients = new Set<Socket>()
  let loses = false

  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    clients.add(client)
    client.on('data', (bytes) => {
      const isLost = loses && bytes.toString('latin1').startsWith('POST /token ')
      if (isLost) loses = false
      if (isLost) client.destroy()
      else server.write(bytes)
    })
    server.on('data', (bytes) => client.write(bytes))
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('end', () => other.end())
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
    client.on('close', () => clients.delete(client))
  })
  await new Promise<void>((resolve) => listener.listen(at, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    loseNextTokenRequest: () => void (loses = true),
    close: () => {
      listener.close()
      clients.forEach((client) => client.destroy())
    },
  }
}
