// Koa with @koa/router: the guard is a middleware of each route.
import { callApi, recordsOfApi, refusal, routes, rows, turnOfApi } from '../application/api.mjs'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

const answers = {
  json: (ctx, { path }) => void (ctx.body = { path }),
  echo: async (ctx) =>
    void (ctx.body = Object.fromEntries(new URLSearchParams(await text(ctx.req)))),
  stream: (ctx) => void (ctx.body = rows()),
  error: (ctx) => ctx.throw(500, 'broken'),
}

function serve({ koa, '@koa/router': routing }) {
  const [Koa, Router] = [koa.default ?? koa, routing.default ?? routing]
  const app = new Koa()
  app.silent = true
  const router = new Router()
  for (const route of routes) {
    const guard = async (ctx, next) => {
      const no = refusal(ctx.headers.authorization, route)
      if (no === null) return next()
      ctx.status = no[0]
      ctx.set('WWW-Authenticate', no[1])
      ctx.body = 'no'
    }
    const handler = (ctx) => answers[route.answer](ctx, route)
    router[route.method.toLowerCase()](route.path, guard, handler)
  }
  app.use(router.routes())
  return createServer(app.callback())
}

const ways = ['import', 'require']

export const library = {
  name: 'koa',
  modules: ['koa', '@koa/router'],
  versions: [
    { version: '2.0.0', ways, beside: { '@koa/router': '8.0.0' } },
    { version: '2.16.4', ways, beside: { '@koa/router': '12.0.2' } },
    { version: '3.0.0', ways, beside: { '@koa/router': '13.1.1' } },
    { version: '3.3.0', ways, beside: { '@koa/router': '15.7.0' } },
  ],
  adds: "the route's template, with @koa/router",
  flow: (modules, app) => callApi(app, serve(modules)),
  records: () => recordsOfApi(),
  turn: (modules, app) => turnOfApi(app, serve(modules)),
}
