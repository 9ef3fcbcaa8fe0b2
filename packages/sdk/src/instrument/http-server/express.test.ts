import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from '@jest/globals'
import { express } from './express.ts'

/** An application of Express, which has no types of its own. */
type App = RequestListener & {
  readonly request: object
  readonly set: (name: string, value: unknown) => App
  readonly get: (path: string, handle: (request: object, response: ServerResponse) => void) => void
}
const makeApp = createRequire(import.meta.url)('express') as () => App

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

/** What `addressOf` gives of a request with these headers. */
async function addressOf(
  app: App,
  headers: Record<string, string> = {},
  prepare: (request: object) => void = () => undefined,
): Promise<string | null> {
  let found: string | null = null
  app.get('/', (request, response) => {
    prepare(request)
    found = express.addressOf(request)
    response.end()
  })
  const server = createServer(app)
  servers.push(server)
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await fetch(`http://127.0.0.1:${port}/`, { headers })
  return found
}

const forwarded = { 'x-forwarded-for': '192.0.2.7' }

it('gives the address of the connection where no header tells of another', async () => {
  expect(await addressOf(makeApp().set('trust proxy', true))).toBe('127.0.0.1')
})

it('asks Express where a proxy tells of one', async () => {
  expect(await addressOf(makeApp().set('trust proxy', true), forwarded)).toBe('192.0.2.7')
  expect(await addressOf(makeApp(), forwarded)).toBe('127.0.0.1')
})

it('takes what an application makes of it, without that header, too', async () => {
  const own = makeApp()
  Object.defineProperty(own.request, 'ip', { get: () => '198.51.100.1', configurable: true })
  expect(await addressOf(own)).toBe('198.51.100.1')
  const set = (request: object): void =>
    void Object.defineProperty(request, 'ip', { value: '198.51.100.2' })
  expect(await addressOf(makeApp(), {}, set)).toBe('198.51.100.2')
})
