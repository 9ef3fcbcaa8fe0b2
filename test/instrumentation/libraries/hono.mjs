// Hono on Node: the guard is a middleware of each route.
import { callApi, recordsOfApi, refusal, routes, rows, turnOfApi } from '../application/api.mjs'
import { Readable } from 'node:stream'

const answers = {
  json: (c, { path }) => c.json({ path }),
  echo: async (c) => c.json(await c.req.parseBody()),
  stream: (c) => c.body(Readable.toWeb(rows())),
  error: () => {
    throw new Error('broken')
  },
}

function serve({ hono: { Hono }, '@hono/node-server': { createAdaptorServer } }) {
  const app = new Hono()
  for (const route of routes) {
    const guard = async (c, next) => {
      const no = refusal(c.req.header('authorization'), route)
      return no === null ? next() : c.text('no', no[0], { 'WWW-Authenticate': no[1] })
    }
    app.on(route.method, route.path, guard, (c) => answers[route.answer](c, route))
  }
  app.onError((error, c) => c.text(error.message, 500))
  return createAdaptorServer({ fetch: app.fetch })
}

const ways = ['import', 'require']

export const library = {
  name: 'hono',
  modules: ['hono', '@hono/node-server'],
  versions: [
    { version: '3.0.0', ways, beside: { '@hono/node-server': '1.0.0' }, note: 'no route is told' },
    { version: '3.9.0', ways, beside: { '@hono/node-server': '1.4.1' } },
    { version: '3.12.12', ways, beside: { '@hono/node-server': '1.4.1' } },
    { version: '4.0.0', ways, beside: { '@hono/node-server': '1.19.19' } },
    { version: '4.13.19', ways, beside: { '@hono/node-server': '2.1.9' } },
  ],
  adds: "the route's template",
  flow: (modules, app) => callApi(app, serve(modules)),
  records: ({ version }) => recordsOfApi(version !== '3.0.0'),
  turn: (modules, app) => turnOfApi(app, serve(modules)),
}
