// undici from npm: its request, with a dispatcher of its own.
import { exchangeAll, recordsOfExchanges, turnOfExchanges } from '../application/exchanges.mjs'

const posting =
  ({ undici }) =>
  async (url, form, headers) => {
    const type = 'application/x-www-form-urlencoded'
    const {
      statusCode,
      headers: answered,
      body,
    } = await undici.request(url, {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body: form.toString(),
    })
    return [statusCode, answered, Buffer.from(await body.arrayBuffer()).toString('latin1')]
  }

const ways = ['import', 'require']

export const library = {
  name: 'undici',
  modules: ['undici'],
  versions: [
    { version: '5.0.0', ways },
    { version: '5.29.0', ways },
    { version: '6.0.0', ways },
    { version: '6.29.1', ways },
    { version: '7.0.0', ways },
    { version: '7.30.2', ways },
    { version: '8.0.0', ways },
    { version: '8.13.1', ways },
  ],
  adds: 'a record of each exchange of OAuth',
  flow: (modules, app) => exchangeAll(app, posting(modules)),
  records: () => recordsOfExchanges('undici'),
  turn: (modules, app) => turnOfExchanges(app, posting(modules)),
}
