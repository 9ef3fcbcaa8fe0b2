import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { createHttpClient } from './http.ts'

test('an answer that drips in has the same deadline as one that never comes', async () => {
  const sockets: { destroy: () => void }[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n')
    const drip = (): boolean => socket.writable && socket.write('x', () => setImmediate(drip))
    drip()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = createHttpClient({ endpoint: `http://127.0.0.1:${port}`, timeoutMs: 100 })
  // Bytes never cease to come: an idle timeout would never end this.
  await expect(client.get('/')).rejects.toMatchObject({ detail: 'timeout' })
  for (const socket of sockets) socket.destroy()
  client.close()
  server.close()
})
