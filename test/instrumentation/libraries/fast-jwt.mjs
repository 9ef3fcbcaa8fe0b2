// fast-jwt: verifiers that give a value, a promise, or call back.
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded
const checks = { algorithms: ['HS256'], allowedIss: issuer, allowedAud: audience }

function serve({ 'fast-jwt': { createVerifier } }) {
  const guards = {
    '/orders': createVerifier({ key: secret, ...checks }),
    '/promised': createVerifier({ key: async () => secret, ...checks }),
    '/called': promisify(createVerifier({ key: (_, done) => done(null, secret), ...checks })),
    '/cached': createVerifier({ key: secret, cache: true, ...checks }),
  }
  return createServer(async (request, response) => {
    try {
      const [, token] = request.headers.authorization?.split(' ') ?? []
      if (token === undefined) throw new Error('none')
      const { sub } = await guards[request.url](token)
      response.end(sub)
    } catch (error) {
      response.writeHead(401, { 'www-authenticate': 'Bearer' }).end(error.code ?? error.message)
    }
  })
}

async function flow(modules, app) {
  const { createVerifier } = modules['fast-jwt']
  await app.tell('misuse', () => createVerifier({ key: secret, cache: 'no' }))
  await app.tell('no token', () => createVerifier({ key: secret })())
  const paths = ['/promised', '/called', '/cached', '/cached']
  await guarded.callGuarded(app, serve(modules), paths)
}

const name = 'fast-jwt'
const ways = ['import', 'require']

export const library = {
  name,
  modules: [name],
  versions: ['4.0.0', '4.0.6', '5.0.0', '5.0.6', '6.0.0', '6.3.6'].map((version) => ({
    ...{ version, ways },
  })),
  adds: 'who the token is for, its scope and roles, the real reason of a refusal',
  flow,
  records: () => [
    ...guarded.recordsOfGuarded(name),
    ...Array.from({ length: 4 }, () => guarded.success(name)),
  ],
  turn: (modules, app) => guarded.turnOfGuarded(app, serve(modules)),
}
