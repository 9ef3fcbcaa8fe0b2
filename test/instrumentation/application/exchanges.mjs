// OAuth requests that a client makes by hand, whatever it sends them with: to the server of
// answers.ts, which answers right, wrong, or not at all.

/** `post(url, form, headers)` gives the status and the body of the answer. */
export async function exchangeAll(app, post) {
  const { answers, dead } = app.servers
  const secret = app.secret('S3cret-of-the-client')
  const basic = `Basic ${app.secret(Buffer.from(`web:${secret}`).toString('base64'))}`
  const send = (label, url, form) => {
    return app.tell(label, () => post(url, new URLSearchParams(form), { authorization: basic }))
  }
  const code = { grant_type: 'authorization_code', code: app.secret('S3cret-code') }
  const refresh = { grant_type: 'refresh_token', refresh_token: app.secret('S3cret-refresh') }
  await send('code', `${answers}/token`, { ...code, code_verifier: app.secret('S3cret-verifier') })
  await send('refresh', `${answers}/gzip/token`, refresh)
  await send('refused', `${answers}/denied/token`, refresh)
  await send('broken', `${answers}/oops/token`, refresh)
  await send('introspection', `${answers}/introspect`, { token: app.secret('S3cret-shown') })
  await send('revocation', `${answers}/revoke`, { token: 'S3cret-shown' })
  await send('no form of OAuth', `${answers}/api`, { name: 'S3cret-name' })
  await app.unhandled(() => post(`${dead}/token`, new URLSearchParams(refresh), {}))
}

/** The records of these, with the name of what carried them. */
export function recordsOfExchanges(library) {
  const hash = /^t1\./
  const about = { 'oauth.library.name': library, 'oauth.role': 'client' }
  const web = { ...about, 'oauth.client.id': 'web' }
  const token = (outcome, says) => ['oauth.token', outcome, { ...web, ...says }]
  const issued = { 'oauth.token.hash': hash, 'user.id': 'ada' }
  const refresh = { 'oauth.grant.type': 'refresh_token', 'oauth.refresh.presented_hash': hash }
  return [
    token('success', { ...issued, 'oauth.grant.type': 'authorization_code' }),
    token('success', { ...issued, ...refresh, 'oauth.refresh.rotated': true }),
    token('failure', { ...refresh, 'oauth.error.code': 'invalid_grant' }),
    token('failure', { ...refresh, 'oauth.error.reason': 'internal', 'error.type': '502' }),
    ['oauth.introspect', 'success', { ...about, 'oauth.token.active': true, 'user.id': 'ada' }],
    ['oauth.revoke', 'success', { ...about, 'oauth.token.hash': hash }],
    ['oauth.token', 'failure', { ...about, ...refresh, 'oauth.error.reason': 'unreachable' }],
  ]
}

/** One of them, any number of times. */
export async function turnOfExchanges(app, post) {
  const form = { grant_type: 'refresh_token', refresh_token: 'S3cret-refresh' }
  return () => post(`${app.servers.answers}/token`, new URLSearchParams(form), {})
}
