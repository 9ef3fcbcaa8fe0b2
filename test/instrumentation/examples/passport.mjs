// https://github.com/jaredhanson/passport, README, "Usage", and its example with passport-local: a
// form to log in, a session, and a page that shows who is there.
import { createServer } from 'node:http'
import { defaultOf } from '../application/guarded.mjs'
import { cookieOf, sessions } from '../application/session.mjs'

const users = new Map([[1, { id: 1, username: 'ada', password: 'S3cret-of-ada' }]])

async function flow(modules, app) {
  const express = defaultOf(modules.express)
  const passport = new (defaultOf(modules.passport).Passport)()
  const { Strategy } = defaultOf(modules['passport-local'])
  passport.use(
    new Strategy((username, password, done) => {
      const user = [...users.values()].find((one) => one.username === username)
      if (username === 'broken') return done(new RangeError('of the application'))
      if (user?.password !== password) return done(null, false, { message: 'Incorrect.' })
      return done(null, user)
    }),
  )
  passport.serializeUser((user, done) => done(null, user.id))
  passport.deserializeUser((id, done) => done(null, users.get(id) ?? false))
  const shop = express()
  shop.use(express.urlencoded({ extended: true })).use(sessions())
  shop.use(passport.initialize()).use(passport.session())
  shop.get('/', (request, response) => response.send(request.user?.username ?? 'log in'))
  const options = { failureRedirect: '/login' }
  shop.post('/login', passport.authenticate('local', options), (_request, response) =>
    response.redirect('/'),
  )
  shop.post('/logout', (request, response, next) =>
    request.logout((error) => (error ? next(error) : response.redirect('/'))),
  )
  shop.use((error, _request, response, _next) => response.status(500).send(error.message))
  const server = createServer(shop)
  const base = await app.listen(server)
  const post = (label, path, form, headers = {}) =>
    app.ask(label, base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: String(new URLSearchParams(form)),
    })
  const password = app.secret('S3cret-of-ada')
  await app.ask('nobody', `${base}/`)
  await post('wrong', '/login', { username: 'ada', password: app.secret('S3cret-wrong') })
  await post('empty', '/login', {})
  await post('broken', '/login', { username: 'broken', password })
  const own = cookieOf(await post('log in', '/login', { username: 'ada', password }))
  await app.ask('ada', `${base}/`, { headers: own })
  await post('log out', '/logout', {}, own)
  await app.ask('gone', `${base}/`, { headers: own })
  app.close(server)
}

export const library = {
  name: 'passport',
  modules: ['express', 'passport', 'passport-local'],
  flow,
}
