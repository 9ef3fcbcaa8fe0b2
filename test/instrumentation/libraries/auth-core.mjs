// @auth/core: a site whose users log in at a real authorization server.
import { configurationOf, visitAll } from '../application/auth-site.mjs'

async function flow({ '@auth/core': { Auth, skipCSRFCheck } }, app) {
  const logged = []
  const config = { ...configurationOf(app, logged), skipCSRFCheck }
  const send = (url, options) => Auth(new Request(url, options), config)
  await visitAll(app, { send, logged })
}

const about = { 'oauth.library.name': '@auth/core', 'oauth.role': 'client' }
const asked = { 'oauth.library.name': 'oauth4webapi', 'oauth.role': 'client' }
const found = ['oauth.discovery', 'success', asked]

const records = () => [
  ...[found, found],
  ['oauth.token', 'success', { ...asked, 'user.id': 'ada', 'oauth.client.id': 'site' }],
  ['oauth.login', 'success', { ...about, 'user.id': 'ada', 'oauth.client.id': 'site' }],
  ['oauth.end_session', 'success', about],
  ...[found, found],
  ['oauth.authorize', 'failure', { ...asked, 'oauth.error.reason': 'state_mismatch' }],
  ['oauth.login', 'failure', about],
  ...[found, found],
  ['oauth.authorize', 'denied', { ...asked, 'oauth.error.code': 'access_denied' }],
  ['oauth.login', 'failure', { ...about, 'oauth.error.reason': 'other' }],
  ...[found, found],
  ['oauth.token', 'failure', { ...asked, 'oauth.error.code': 'invalid_grant' }],
  ['oauth.login', 'failure', about],
]

const ways = ['import', 'require(esm)']

export const library = {
  name: '@auth/core',
  modules: ['@auth/core'],
  versions: [
    { version: '0.38.0', ways },
    { version: '0.41.3', ways },
  ],
  adds: 'who logged in and out, by its events and its errors',
  flow,
  records,
}
