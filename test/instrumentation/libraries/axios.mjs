// axios, which has no hooks: what it sends goes through Node's http, or through fetch where it is
// told so.
import { exchangeAll, recordsOfExchanges, turnOfExchanges } from '../application/exchanges.mjs'
import { defaultOf } from '../application/guarded.mjs'

const posting =
  ({ axios: loaded }, own = {}) =>
  async (url, form, headers) => {
    const axios = defaultOf(loaded)
    const options = { headers, responseType: 'arraybuffer', validateStatus: () => true, ...own }
    const { status, headers: answered, data } = await axios.post(url, form, options)
    return [status, { ...answered }, Buffer.from(data).toString('latin1')]
  }

/** Beside the flow of all: interceptors of the application, and an error as axios throws it. */
async function flow(modules, app) {
  await exchangeAll(app, posting(modules))
  const axios = defaultOf(modules.axios)
  const client = axios.create({ baseURL: app.servers.answers })
  client.interceptors.request.use((config) => {
    config.headers['x-own'] = 'yes'
    return config
  })
  client.interceptors.response.use(
    ({ status }) => status,
    (error) => Promise.reject(new RangeError(`${error.name} ${error.code}`)),
  )
  const refresh = { grant_type: 'refresh_token', refresh_token: 'S3cret-refresh' }
  await app.tell('intercepted', () => client.post('/denied/token', new URLSearchParams(refresh)))
  if (hasFetch(app)) {
    const post = posting(modules, { adapter: 'fetch' })
    await app.tell('by fetch', () =>
      post(`${app.servers.answers}/token`, new URLSearchParams(refresh), {}),
    )
  }
}

const hasFetch = ({ version }) => version !== '1.0.0'
const refreshed = { 'oauth.role': 'client', 'oauth.grant.type': 'refresh_token' }
const ways = ['import', 'require']

export const library = {
  name: 'axios',
  modules: ['axios'],
  versions: [
    { version: '1.0.0', ways },
    { version: '1.21.1', ways },
  ],
  adds: 'nothing: has the record of its transport, `node:http` or `fetch`',
  flow,
  records: (about) => [
    ...recordsOfExchanges('node:http'),
    [
      ...['oauth.token', 'failure'],
      { ...refreshed, 'oauth.library.name': 'node:http', 'oauth.error.code': 'invalid_grant' },
    ],
    ...(hasFetch(about)
      ? [['oauth.token', 'success', { ...refreshed, 'oauth.library.name': 'fetch' }]]
      : []),
  ],
  turn: (modules, app) => turnOfExchanges(app, posting(modules)),
}
