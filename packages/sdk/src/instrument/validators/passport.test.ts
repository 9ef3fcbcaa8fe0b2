// Which strategies are believed of the token that a request presents.
import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { tryInstrumentation } from '../../trial.ts'
import { passport as instrumentation } from './passport.ts'

// They have no types here.
const require = createRequire(import.meta.url)
type Done = (error: unknown, user?: unknown) => void
type Extract = (request: IncomingMessage) => unknown
interface Ends {
  success: (user: unknown) => void
  fail: () => void
}
interface Passport {
  use: (name: string, strategy: object) => void
  authenticate: (one: unknown, done: Done) => (...args: readonly unknown[]) => void
}
const { sign } = require('jsonwebtoken') as { sign: (claims: object, key: string) => string }
const { Strategy: Bearer } = require('passport-http-bearer') as {
  Strategy: new (verify: (token: string, done: Done) => void) => object
}
const { Strategy: Jwt } = require('passport-jwt') as {
  Strategy: new (options: object, verify: (claims: unknown, done: Done) => void) => object
}

/** What the record of a request says that presents `token`, to whom a strategy ends. */
async function told(
  strategy: object,
  { isItself = false, token = 'somebody-elses-token', headers = {} } = {},
): Promise<unknown[]> {
  const trial = tryInstrumentation(instrumentation)
  const { Passport } = trial.load(
    'passport',
    require('passport') as { Passport: new () => Passport },
  )
  const passport = new Passport()
  passport.use('own', strategy)
  const server = createServer((request, response) => {
    const done: Done = (_, user) => response.writeHead(user ? 200 : 401).end()
    passport.authenticate(isItself ? strategy : 'own', done)(request, response, () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const authorization = `Bearer ${token}`
  await fetch(`http://127.0.0.1:${port}/`, { headers: { authorization, ...headers } })
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
  trial.disable()
  expect([trial.records.length, trial.errors]).toEqual([1, []])
  const names = ['oauth.library.name', 'oauth.error.reason', 'user.id']
  return names.map((name) => trial.records[0]![name])
}

/** It knows the user by a cookie, say. */
class Session {
  readonly isGood: boolean
  constructor(isGood = true) {
    this.isGood = isGood
  }
  authenticate(this: Session & Ends): void {
    if (this.isGood) this.success({ id: 'ada' })
    else this.fail()
  }
}

const key = 'S3cret-of-a-test'
const jwt = (jwtFromRequest: Extract, secretOrKeyProvider?: unknown): object =>
  new Jwt(
    { jwtFromRequest, ...(secretOrKeyProvider ? { secretOrKeyProvider } : { secretOrKey: key }) },
    (_, done) => done(null, { id: 'ada' }),
  )
const inHeader: Extract = ({ headers }) => headers.authorization?.slice('Bearer '.length)
const inCookie: Extract = ({ headers }) => headers.cookie

const unread = [undefined, 'token_not_validated', undefined]
const bearer = new Bearer((token, done) => done(null, token === 'good' && { id: 'ada' }))

describe('a token beside a strategy that does not look at it', () => {
  test.each<[string, object, object]>([
    ['a session', new Session(), {}],
    ['a session that is given itself', new Session(), { isItself: true }],
    ['a token in a cookie', jwt(inCookie), { headers: { cookie: sign({}, key) } }],
  ])('%s', async (_, strategy, options) => {
    expect(await told(strategy, options)).toEqual(unread)
  })

  test('is not refused by it, either', async () => {
    expect(await told(new Session(false))).toEqual([undefined, 'other', undefined])
    expect(await told(jwt(inCookie))).toEqual([undefined, 'other', undefined])
  })
})

describe('a token that a strategy looks at', () => {
  const refused = (_: unknown, __: unknown, done: Done) => done(new Error('no key'))
  test.each<[string, object, object, unknown[]]>([
    ['bearer', bearer, { token: 'good' }, ['passport/own', undefined, 'ada']],
    [
      'bearer, itself',
      bearer,
      { token: 'good', isItself: true },
      ['passport/bearer', undefined, 'ada'],
    ],
    ['bearer, unknown', bearer, {}, ['passport/own', 'token_unknown', undefined]],
    ['a JWT', jwt(inHeader), { token: sign({}, key) }, ['passport/own', undefined, 'ada']],
    ['a JWT without a key', jwt(inHeader, refused), {}, ['passport/own', 'other', undefined]],
  ])('%s', async (_, strategy, options, said) => {
    expect(await told(strategy, options)).toEqual(said)
  })
})
