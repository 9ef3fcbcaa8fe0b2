// A client that leaves while oauth2orize asks the application: nothing is lost, nothing told twice.
// And how the first versions answer an authorization request.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { tryInstrumentation, type Trial } from '../../trial.ts'
import { oauth2orize as instrumentation } from './oauth2orize.ts'

// It has no types here.
const require = createRequire(import.meta.url)
type Done = (error: unknown, token?: unknown) => void
type Middleware = (...args: readonly unknown[]) => void
interface Server {
  exchange: (one: unknown, middleware?: Middleware) => void
  token: () => Middleware
}
interface Library {
  createServer: () => Server
  exchange: {
    clientCredentials: (issue: (client: unknown, scope: unknown, done: Done) => void) => unknown
  }
}

const names = [
  ...['audit.action', 'audit.outcome', 'oauth.client.id', 'oauth.token.issued'],
  ...['oauth.error.code', 'error.type', 'http.request.method', 'http.response.status_code'],
]

/** The library as `require` would give it: its files are watched, not its entry. */
function load(trial: Trial): Library {
  const { createServer: create, exchange } = require('oauth2orize') as Library
  trial.load('oauth2orize/lib/server', require('oauth2orize/lib/server') as object)
  const path = 'oauth2orize/lib/middleware/token'
  const token = trial.load(path, require(path) as (server: object) => Middleware)
  return {
    exchange,
    createServer: () => {
      const server = create()
      server.token = () => token(server)
      return server
    },
  }
}

/** What is recorded of a form whose client leaves before the application `ends`. */
async function left(ends: (done: Done, response: object) => void): Promise<unknown[]> {
  const trial = tryInstrumentation(instrumentation)
  const library = load(trial)
  const begun = Promise.withResolvers<readonly [Socket, Done]>()
  const server = library.createServer()
  let socket!: Socket
  server.exchange(
    library.exchange.clientCredentials((_, __, done) => begun.resolve([socket, done])),
  )
  const token = server.token()
  let response!: object
  const http = createServer((asked: IncomingMessage, answer) => {
    response = answer
    socket = asked.socket
    const body = { grant_type: 'client_credentials' }
    Object.assign(asked, { body, user: { clientId: 'web' } })
    token(asked, answer, () => answer.writeHead(400).end())
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const asking = request({ port, path: '/token', method: 'POST', headers })
  asking.on('error', () => undefined).end('grant_type=client_credentials')
  const [connection, done] = await begun.promise
  const closed = once(connection, 'close')
  asking.destroy()
  await closed
  expect(trial.records).toEqual([])
  ends(done, response)
  // Once more would be once too often.
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  http.close()
  await once(http, 'close')
  trial.disable()
  expect(trial.errors).toEqual([])
  return trial.records.map((one) => names.map((name) => one[name]))
}

const at = ['ECONNRESET', 'POST', undefined]
test.each<[string, Parameters<typeof left>[0], unknown[]]>([
  ['issued', (done) => done(null, 'S3cret'), ['success', 'web', 'access_token', undefined, ...at]],
  [
    'refused',
    (done) => done(null, false),
    ['denied', 'web', undefined, 'invalid_grant', 'invalid_grant', 'POST', undefined],
  ],
  [
    'broken',
    (done) => done(new Error('S3cret')),
    ['failure', 'web', undefined, 'server_error', 'server_error', 'POST', undefined],
  ],
])('a token that is %s has one record, though nobody waits for it', async (_, ends, said) => {
  expect(await left(ends)).toEqual([['oauth.token', ...said]])
})

/** What is recorded of an answer as version 1.0 gives it: with no mark, and without `complete`. */
async function responded(transaction: object): Promise<unknown[]> {
  const trial = tryInstrumentation(instrumentation)
  load(trial)
  const { createServer: create } = require('oauth2orize') as Library
  const server = create() as Server & {
    grant: (type: string, phase: string, handle: Middleware) => void
    _respond: Middleware
  }
  server.grant('code', 'response', (_, response) => {
    const answer = response as ServerResponse
    answer.writeHead(302, { location: 'https://shop.example.com/callback?code=S3cret' }).end()
  })
  const asked = { client: { clientId: 'web' }, user: { id: 'ada' }, req: { type: 'code' } }
  const http = createServer((_, response) => {
    server._respond({ ...asked, ...transaction }, response, () => response.destroy())
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const asking = request({ port, path: '/decision', method: 'POST' }).end()
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
  http.close()
  await once(http, 'close')
  trial.disable()
  expect(trial.errors).toEqual([])
  return trial.records.map((one) => [one['audit.outcome'], one['oauth.consent.result']])
}

test.each<[string, object, unknown[]]>([
  ['agreed', { transactionID: 'a1', res: { allow: true } }, ['success', 'granted']],
  ['refused', { transactionID: 'a1', res: { allow: false } }, ['denied', 'denied']],
  ['was not asked', { res: { allow: true } }, ['success', 'remembered']],
])('a user who %s is told without the mark of later versions', async (_, transaction, said) => {
  expect(await responded(transaction)).toEqual([said])
})
