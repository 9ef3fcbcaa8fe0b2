// https://github.com/panva/openid-client, README, "Quick start", and its examples folder: PAR, a
// device, DPoP with a nonce of the server, and a protected resource.
const secrets = {
  web: 'web-secret-0123456789-0123456789',
  worker: 'worker-secret-0123456789-01234567',
}

async function flow({ 'openid-client': client }, app) {
  for (const one of Object.values(secrets)) app.secret(one)
  const issuer = new URL(app.servers.issuer)
  const execute = [client.allowInsecureRequests]
  const web = await client.discovery(issuer, 'web', secrets.web, undefined, { execute })
  app.say('supports PKCE', web.serverMetadata().supportsPKCE())
  const verifier = app.secret(client.randomPKCECodeVerifier())
  const parameters = {
    ...{ redirect_uri: 'https://shop.example.com/callback', scope: 'openid orders' },
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    ...{ code_challenge_method: 'S256', state: app.secret(client.randomState()) },
  }
  const pushed = await client.buildAuthorizationUrlWithPAR(web, parameters)
  app.secret(pushed.searchParams.get('request_uri'))
  app.say('pushed', [...pushed.searchParams.keys()])
  const back = await app.login(pushed)
  const checks = { pkceCodeVerifier: verifier, expectedState: parameters.state }
  const handle = client.getDPoPHandle(web, await client.randomDPoPKeyPair())
  const tokens = await app.tell('code', () =>
    client.authorizationCodeGrant(web, back, checks, undefined, { DPoP: handle }),
  )
  app.say('claims', tokens.claims().sub, tokens.token_type, tokens.expiresIn() > 0)
  await app.tell('protected resource', async () => {
    const url = new URL(web.serverMetadata().userinfo_endpoint)
    const own = { DPoP: handle }
    const resource = [url, 'GET', undefined, undefined, own]
    const answer = await client.fetchProtectedResource(web, tokens.access_token, ...resource)
    return [answer.status, [...answer.headers.keys()], await answer.json()]
  })
  await app.tell('code again', () => client.authorizationCodeGrant(web, back, checks))
  const post = client.ClientSecretPost(secrets.worker)
  const worker = await client.discovery(issuer, 'worker', undefined, post, { execute })
  const device = await app.tell('device', async () => {
    const answer = await client.initiateDeviceAuthorization(worker, { scope: 'openid' })
    app.secret(answer.device_code)
    app.secret(answer.user_code)
    return Object.keys(answer).toSorted()
  })
  app.say('device says', device.length)
  await app.tell('poll', () => {
    const unknown = { device_code: app.secret('S3cret-device'), interval: 0 }
    return client.pollDeviceAuthorizationGrant(worker, unknown)
  })
  await app.tell('for itself', async () => {
    const answer = await client.clientCredentialsGrant(worker, { scope: 'orders' })
    return [answer.token_type, answer.scope]
  })
  const [name] = [...new URL(client.buildEndSessionUrl(web, {})).searchParams.keys()]
  app.say('log out', name)
}

export const library = { name: 'openid-client', modules: ['openid-client'], flow }
