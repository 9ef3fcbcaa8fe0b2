// koa-jwt on Koa, with two secrets of which the second one fits.
import { createServer } from 'node:http'
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded

function serve({ 'koa-jwt': loaded, koa }) {
  const app = new (guarded.defaultOf(koa))()
  app.silent = true
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      ctx.status = error.status ?? 500
      ctx.set('WWW-Authenticate', 'Bearer')
      ctx.body = error.message
    }
  })
  const options = { algorithms: ['HS256'], issuer, audience }
  const guard = guarded.defaultOf(loaded)({ ...options, secret: ['an old secret', secret] })
  app.use(guard.unless({ path: ['/free'] }))
  app.use((ctx) => {
    ctx.body = ctx.state.user?.sub ?? 'free'
  })
  return createServer(app.callback())
}

const name = 'koa-jwt'
const ways = ['import', 'require']
const beside = { koa: '2.16.4' }

export const library = {
  name,
  modules: [name, 'koa'],
  versions: ['3.6.0', '4.0.0', '4.0.4'].map((version) => ({ version, ways, beside })),
  adds: 'the same as express-jwt',
  flow: (modules, app) => guarded.callGuarded(app, serve(modules), ['/free']),
  records: () => [
    ...guarded.recordsOfGuarded(name),
    ['oauth.resource_access', 'success', { 'oauth.error.reason': 'token_not_validated' }],
  ],
  turn: (modules, app) => guarded.turnOfGuarded(app, serve(modules)),
}
