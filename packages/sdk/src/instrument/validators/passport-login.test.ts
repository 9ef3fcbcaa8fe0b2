import { createServer } from 'node:http'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { tryInstrumentation } from '../../trial.ts'
import { passport as instrumentation } from './passport.ts'

// They have no types here.
const require = createRequire(import.meta.url)
type Done = (error: unknown, user?: unknown) => void
interface Passport {
  use: (strategy: object) => void
  authenticate: (name: string, done: Done) => (...args: readonly unknown[]) => void
}

/** What the record says, and the user, where the application answers a good password like this. */
async function answered(status: number): Promise<unknown[]> {
  const trial = tryInstrumentation(instrumentation)
  const library = require('passport') as { Passport: new () => Passport }
  const { Passport } = trial.load('passport', library)
  const { Strategy } = require('passport-local') as {
    Strategy: new (verify: (name: string, password: string, done: Done) => void) => object
  }
  const passport = new Passport()
  passport.use(new Strategy((_, __, done) => done(null, { id: 'ada' })))
  const server = createServer((request, response) => {
    const body = { username: 'ada', password: 'S3cret' }
    const log = passport.authenticate('local', () => response.writeHead(status).end())
    log(Object.assign(request, { body }), response, () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await (await fetch(`http://127.0.0.1:${port}/login`, { method: 'POST' })).text()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  trial.disable()
  const [record] = trial.records
  expect([trial.records.length, trial.errors]).toEqual([1, []])
  return ['audit.outcome', 'oauth.error.reason', 'user.id'].map((name) => record![name])
}

test.each([
  [204, ['success', undefined, 'ada']],
  [302, ['success', undefined, 'ada']],
  [403, ['failure', 'access_denied', 'ada']],
  [500, ['failure', 'internal', 'ada']],
])('a user with the right password who is answered %d', async (status, said) => {
  expect(await answered(status)).toEqual(said)
})
