// What the applications of all cells talk to: a real authorization server with all features that a
// client may use, a server that answers wrongly, and one that is gone.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nowhere, startAnswers } from '../../packages/sdk/test/fixtures/answers.ts'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import type { Servers } from './process.ts'

/** Starts them, and stops them after `work`. */
export async function withServers(work: (servers: Servers) => Promise<void>): Promise<void> {
  const service = await startService({ credentials: null, entry: 'full-server.mjs' })
  const answers = await startAnswers()
  // It keeps all requests, and there may be millions.
  const forget = setInterval(() => void answers.requests.splice(0), 1000)
  try {
    await work({ issuer: service.issuer, answers: answers.url, dead: nowhere })
  } finally {
    clearInterval(forget)
    await service.end()
    await answers.close()
  }
}

/** A Collector that takes everything and keeps nothing. */
export async function startDrain(): Promise<{
  url: string
  bytes: () => number
  close: () => void
}> {
  let bytes = 0
  const server = createServer((request, response) => {
    request.on('data', (part: Buffer) => (bytes += part.length))
    request.on('end', () => response.writeHead(200).end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    bytes: () => bytes,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
