// google-auth-library: a client that logs a user in, at a real authorization server.
const redirect = 'https://shop.example.com/callback'
const clientSecret = 'web-secret-0123456789-0123456789'

async function flow({ 'google-auth-library': { OAuth2Client } }, app) {
  app.secret(clientSecret)
  const site = app.servers.issuer
  const options = {
    ...{ clientId: 'web', clientSecret, redirectUri: redirect },
    clientAuthentication: 'ClientSecretBasic',
    endpoints: {
      ...{ oauth2AuthBaseUrl: `${site}/auth`, oauth2TokenUrl: `${site}/token` },
      oauth2RevokeUrl: `${site}/token/revocation`,
    },
  }
  const client = new OAuth2Client(options)
  const back = await app.login(client.generateAuthUrl({ scope: 'openid orders', state: 'one' }))
  const { tokens } = await client.getToken(back.searchParams.get('code'))
  app.say('code', Object.keys(tokens).toSorted())
  client.setCredentials({ access_token: tokens.access_token, expiry_date: Date.now() + 600_000 })
  await app.tell('known', async () => typeof (await client.getAccessToken()).token)
  const other = new OAuth2Client(options)
  const kindOf = ({ name, message }) => [name, message]
  app.say('nothing', await other.getAccessToken().catch(kindOf))
  const called = new Promise((resolve) => other.getToken('x', (error) => resolve(error.message)))
  app.say('callback', await called)
}

const about = { 'oauth.library.name': 'google-auth-library', 'oauth.client.id': 'web' }

function records() {
  const token = { ...about, 'oauth.token.hash': /^t1\./ }
  const code = { 'oauth.grant.type': 'authorization_code' }
  return [
    ['oauth.token', 'success', { ...token, ...code, 'user.id': 'ada' }],
    [
      'oauth.token',
      'success',
      { ...token, 'oauth.token.cache_hit': true, 'oauth.token.issued': null },
    ],
    ['oauth.token', 'failure', { ...about, 'oauth.error.reason': 'login_required' }],
    ['oauth.token', 'failure', { ...about, ...code, 'oauth.error.code': 'invalid_grant' }],
  ]
}

export const library = {
  name: 'google-auth-library',
  modules: ['google-auth-library'],
  versions: [
    { version: '10.0.0', ways: ['import', 'require'] },
    { version: '10.9.1', ways: ['import', 'require'] },
    { version: '11.0.0', ways: ['import', 'require'] },
    { version: '11.3.4', ways: ['import', 'require'] },
  ],
  adds: 'tokens that it had already, and who has to log in again',
  flow,
  records,
}
