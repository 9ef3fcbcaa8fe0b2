// Express: the guard is a middleware of each route; errors go to its own handler.
import { callApi, recordsOfApi, refusal, routes, rows, turnOfApi } from '../application/api.mjs'
import { createServer } from 'node:http'

const answers = {
  json: (_, response, { path }) => response.json({ path }),
  echo: (request, response) => response.json(request.body),
  stream: (_, response) => rows().pipe(response),
  error: () => {
    throw new Error('broken')
  },
}

function serve({ express: module }) {
  const express = module.default ?? module
  const app = express()
  const form = express.urlencoded({ extended: false })
  for (const route of routes) {
    const guard = (request, response, next) => {
      const no = refusal(request.headers.authorization, route)
      if (no === null) return next()
      return response.status(no[0]).set('WWW-Authenticate', no[1]).send('no')
    }
    const handler = (request, response) => answers[route.answer](request, response, route)
    app[route.method.toLowerCase()](route.path, guard, form, handler)
  }
  app.use((error, _request, response, _next) => response.status(500).send(error.message))
  return createServer(app)
}

const ways = ['import', 'require']

export const library = {
  name: 'express',
  modules: ['express'],
  versions: [
    { version: '4.16.0', ways },
    { version: '4.22.3', ways },
    { version: '5.0.0', ways },
    { version: '5.3.0', ways },
  ],
  adds: "the route's template",
  flow: (modules, app) => callApi(app, serve(modules)),
  records: () => recordsOfApi(),
  turn: (modules, app) => turnOfApi(app, serve(modules)),
}
