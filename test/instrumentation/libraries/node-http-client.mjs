// Node's http, as a client.
import { exchangeAll, recordsOfExchanges, turnOfExchanges } from '../application/exchanges.mjs'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'

const posting =
  ({ 'node:http': http }) =>
  async (url, form, headers) => {
    const type = 'application/x-www-form-urlencoded'
    const all = { 'content-type': type, 'accept-encoding': 'gzip', ...headers }
    const request = http.request(url, { method: 'POST', headers: all })
    request.end(form.toString())
    const [response] = await once(request, 'response')
    const body = await buffer(response)
    return [response.statusCode, response.rawHeaders, body.toString('latin1')]
  }

export const library = {
  name: 'node:http, as a client',
  modules: ['node:http'],
  versions: [{ version: 'node', ways: ['import', 'require'] }],
  adds: 'a record of each exchange of OAuth',
  flow: (modules, app) => exchangeAll(app, posting(modules)),
  records: () => recordsOfExchanges('node:http'),
  turn: (modules, app) => turnOfExchanges(app, posting(modules)),
}
