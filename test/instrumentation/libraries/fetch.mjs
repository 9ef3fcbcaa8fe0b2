// The fetch that Node has.
import { exchangeAll, recordsOfExchanges, turnOfExchanges } from '../application/exchanges.mjs'

async function post(url, body, headers) {
  const response = await fetch(url, { method: 'POST', body, headers })
  return [response.status, [...response.headers], await response.text()]
}

export const library = {
  name: 'fetch',
  modules: ['node:http'],
  versions: [{ version: 'node', ways: ['import', 'require'] }],
  adds: 'a record of each exchange of OAuth',
  flow: (_, app) => exchangeAll(app, post),
  records: () => recordsOfExchanges('fetch'),
  turn: (_, app) => turnOfExchanges(app, post),
}
