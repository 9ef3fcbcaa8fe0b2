// Node alone, as a server: the guard is written by hand.
import { callApi, recordsOfApi, refusal, routes, rows, turnOfApi } from '../application/api.mjs'
import { text } from 'node:stream/consumers'

const answers = {
  json: (_, response, { path }) => response.end(JSON.stringify({ path })),
  echo: async (request, response) =>
    response.end(JSON.stringify([...new URLSearchParams(await text(request))])),
  stream: (_, response) => rows().pipe(response),
  error: (_, response) => response.writeHead(500).end('broken'),
}
const patterns = routes.map((route) => ({
  ...route,
  pattern: new RegExp(`^${route.path.replace(':id', '[^/]+')}$`),
}))

function serve({ 'node:http': { createServer } }) {
  return createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const route = patterns.find(
      ({ method, pattern }) => method === request.method && pattern.test(pathname),
    )
    if (route === undefined) return response.writeHead(404).end('nothing here')
    const no = refusal(request.headers.authorization, route)
    if (no !== null) return response.writeHead(no[0], { 'WWW-Authenticate': no[1] }).end('no')
    return answers[route.answer](request, response, route)
  })
}

export const library = {
  name: 'node:http, as a server',
  modules: ['node:http'],
  versions: [{ version: 'node', ways: ['import', 'require'] }],
  adds: 'a record of each request that shows a token, with the template of its path',
  flow: (modules, app) => callApi(app, serve(modules)),
  records: () => recordsOfApi(false),
  turn: (modules, app) => turnOfApi(app, serve(modules)),
}
