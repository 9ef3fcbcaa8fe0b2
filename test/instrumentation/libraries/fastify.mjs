// Fastify: the guard is a hook in front of everything else.
import { callApi, recordsOfApi, refusal, routes, rows, turnOfApi } from '../application/api.mjs'

const answers = {
  json: async (_request, _reply, { path }) => ({ path }),
  echo: async ({ body }) => body,
  stream: (_, reply) => reply.send(rows()),
  error: async () => {
    throw new Error('broken')
  },
}

async function serve({ fastify: module }) {
  const app = (module.default ?? module)()
  const type = 'application/x-www-form-urlencoded'
  app.addContentTypeParser(type, { parseAs: 'string' }, (_, text, done) =>
    done(null, Object.fromEntries(new URLSearchParams(text))),
  )
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      onRequest: async (request, reply) => {
        const no = refusal(request.headers.authorization, route)
        return no === null
          ? undefined
          : reply.code(no[0]).header('WWW-Authenticate', no[1]).send('no')
      },
      handler: (request, reply) => answers[route.answer](request, reply, route),
    })
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  return app.server
}

const ways = ['import', 'require']

export const library = {
  name: 'fastify',
  modules: ['fastify'],
  versions: [
    { version: '4.0.0', ways },
    { version: '4.29.1', ways },
    { version: '5.0.0', ways },
    { version: '5.12.8', ways },
  ],
  adds: "the route's template",
  flow: async (modules, app) => callApi(app, await serve(modules)),
  records: () => recordsOfApi(),
  turn: async (modules, app) => turnOfApi(app, await serve(modules)),
}
