// @azure/msal-node: a client that acts for itself, at a real authorization server, whose metadata
// it is given.
const authority = 'https://login.example.com/tenant'
const clientSecret = 'worker-secret-0123456789-01234567'
const scopes = ['orders']

function configurationOf(site) {
  const metadata = {
    ...{ issuer: `${authority}/v2.0`, token_endpoint: `${site}/token` },
    ...{ authorization_endpoint: `${site}/auth`, jwks_uri: `${site}/jwks` },
    end_session_endpoint: `${site}/session/end`,
  }
  const hosts = ['login.example.com']
  const found = {
    ...{ tenant_discovery_endpoint: `${site}/discovery`, 'api-version': '1.1' },
    metadata: [{ preferred_network: hosts[0], preferred_cache: hosts[0], aliases: hosts }],
  }
  const texts = {
    authorityMetadata: JSON.stringify(metadata),
    cloudDiscoveryMetadata: JSON.stringify(found),
  }
  return {
    auth: { clientId: 'worker', clientSecret, authority, knownAuthorities: hosts, ...texts },
  }
}

async function flow({ '@azure/msal-node': { ConfidentialClientApplication } }, app) {
  app.secret(clientSecret)
  const client = new ConfidentialClientApplication(configurationOf(app.servers.issuer))
  const said = ({ fromCache, accessToken, scopes: given }) => [
    ...[fromCache, typeof accessToken, given],
  ]
  const own = async () => said(await client.acquireTokenByClientCredential({ scopes }))
  await app.tell('asked', own)
  await app.tell('known', own)
  const kindOf = ({ name, errorCode }) => [name, errorCode]
  const back = { code: 'x', scopes, redirectUri: 'https://shop.example.com/callback', state: 'one' }
  const forged = { code: 'x', state: app.secret('S3cret-state') }
  app.say('state', await client.acquireTokenByCode(back, forged).catch(kindOf))
  app.say('nobody', await client.acquireTokenSilent({ scopes }).catch(kindOf))
  const away = new ConfidentialClientApplication(configurationOf(app.servers.dead))
  app.say('away', await away.acquireTokenByClientCredential({ scopes }).catch(kindOf))
}

const about = { 'oauth.library.name': '@azure/msal-node', 'oauth.client.id': 'worker' }

function records() {
  const token = { ...about, 'oauth.token.hash': /^t1\./ }
  const failed = (reason) => ({ ...about, 'oauth.error.reason': reason })
  return [
    ['oauth.token', 'success', { ...token, 'oauth.token.issued': 'access_token' }],
    [
      'oauth.token',
      'success',
      { ...token, 'oauth.token.cache_hit': true, 'oauth.token.issued': null },
    ],
    ['oauth.authorize', 'failure', failed('state_mismatch')],
    ['oauth.token', 'failure', failed('login_required')],
    ['oauth.token', 'failure', failed('unreachable')],
  ]
}

export const library = {
  name: '@azure/msal-node',
  modules: ['@azure/msal-node'],
  versions: [
    { version: '7.0.0', ways: ['import', 'require'] },
    { version: '7.2.3', ways: ['import', 'require'] },
  ],
  adds: 'tokens from its cache; whether the user has to log in or consent; another `state`',
  flow,
  records,
}
