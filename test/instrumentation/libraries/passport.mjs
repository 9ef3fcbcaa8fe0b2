// passport on Express, with passport-jwt: by its name, and a strategy of the application's own that
// is given itself, keeps its secrets to itself, and never looks at the token beside it.
import { createServer } from 'node:http'
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded

function serve({ passport: loaded, 'passport-jwt': strategies, express: routing }) {
  const passport = new (guarded.defaultOf(loaded).Passport)()
  const { ExtractJwt, Strategy } = guarded.defaultOf(strategies)
  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    ...{ secretOrKey: secret, issuer, audience, algorithms: ['HS256'] },
  }
  passport.use(new Strategy(options, (claims, done) => done(null, { id: 7, name: claims.sub })))
  class Own {
    name = 'own'
    #user = { id: 'ada' }
    authenticate() {
      this.success(this.#user)
    }
  }
  const app = guarded.defaultOf(routing)()
  app.use(passport.initialize())
  const session = false
  const answer = (request, response) => response.send(`${request.user.id}`)
  app.get('/orders', passport.authenticate('jwt', { session }), answer)
  app.get('/own', passport.authenticate([new Own()], { session }), answer)
  const withCallback = (request, response, next) =>
    passport.authenticate('jwt', { session }, (error, user) => {
      if (error || !user) return next(error)
      response.send(user.name)
    })(request, response, next)
  app.get('/callback', withCallback)
  return createServer(app)
}

const name = 'passport'
const jwt = 'passport/jwt'
const ways = ['import', 'require']
const beside = { express: '4.22.3', 'passport-jwt': '4.0.1' }

export const library = {
  name,
  // A frozen passport is the parent of strategies that are made after it.
  modules: ['passport-jwt', name, 'express'],
  versions: [
    { version: '0.4.0', ways, beside, note: 'strategies by their names alone' },
    ...['0.4.1', '0.5.3', '0.6.0', '0.7.0'].map((version) => ({ version, ways, beside })),
  ],
  adds:
    'the same, by passport-jwt, passport-http-bearer and strategies on a library of this list; ' +
    'who logged in, and at which site. A strategy that validates by code of its own reads ' +
    '`token_not_validated` unless that code [tells of it](INSTRUMENTATION.md)',
  flow: (modules, app) => guarded.callGuarded(app, serve(modules), ['/own', '/callback']),
  records: ({ version }) => [
    ...guarded.recordsOfGuarded(jwt, false),
    // One that is given itself is an unknown strategy to 0.4.0, which fails before anybody looks.
    version === '0.4.0'
      ? ['oauth.resource_access', 'failure', { 'oauth.error.reason': 'internal' }]
      : ['oauth.resource_access', 'success', { 'oauth.error.reason': 'token_not_validated' }],
    guarded.success(jwt),
  ],
  turn: (modules, app) => guarded.turnOfGuarded(app, serve(modules)),
}
