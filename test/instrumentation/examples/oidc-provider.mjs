// https://github.com/panva/node-oidc-provider, README, "Documentation & Configuration": a provider
// with one client and the pages that it brings along, which an account logs in at.
import { createServer } from 'node:http'
import { library as row } from '../libraries/oidc-provider.mjs'

const callback = 'http://localhost:8080/cb'

async function flow({ 'oidc-provider': { Provider } }, app) {
  const server = createServer()
  const base = await app.listen(server)
  const clients = [{ client_id: 'foo', client_secret: 'bar', redirect_uris: [callback] }]
  const provider = new Provider(base, { clients, pkce: { required: () => false } })
  server.on('request', provider.callback())
  const jar = new Map()
  const go = async (label, url, form) => {
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
    const type = form && { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await app.ask(label, new URL(url, base), {
      ...{ method: form ? 'POST' : 'GET', headers: { cookie, ...type } },
      body: form && String(new URLSearchParams(form)),
    })
    const of = (name) => answer.headers.filter(([one]) => one === name).map(([, value]) => value)
    for (const one of of('set-cookie')) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(one)
      jar.set(name, app.secret(value))
    }
    return { ...answer, location: of('location')[0] }
  }
  await go('metadata', '/.well-known/openid-configuration')
  await go('keys', '/jwks')
  const query = { client_id: 'foo', response_type: 'code', redirect_uri: callback, scope: 'openid' }
  const login = await go('authorize', `/auth?${new URLSearchParams(query)}`)
  await go('login', login.location)
  const form = { prompt: 'login', login: 'ada', password: app.secret('S3cret-of-ada') }
  const resumed = await go('logged in', login.location, form)
  const consent = await go('resumed', resumed.location)
  await go('consent', consent.location)
  const agreed = await go('agreed', consent.location, { prompt: 'consent' })
  const { location } = await go('back', agreed.location)
  const code = app.secret(new URL(location).searchParams.get('code'))
  const basic = app.secret(Buffer.from('foo:bar-is-the-secret').toString('base64'))
  const token = (label, more, headers = {}) =>
    app.ask(label, `${base}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: String(
        new URLSearchParams({
          ...{ grant_type: 'authorization_code', code, redirect_uri: callback, ...more },
        }),
      ),
    })
  await token('wrong client', {}, { authorization: `Basic ${basic}` })
  const good = `Basic ${Buffer.from('foo:bar').toString('base64')}`
  const { body } = await token('code', {}, { authorization: good })
  const bearer = { authorization: `Bearer ${JSON.parse(body).access_token}` }
  await app.ask('user info', `${base}/me`, { headers: bearer })
  await go('log out', '/session/end')
  app.close(server)
}

export const library = {
  name: 'oidc-provider',
  modules: ['oidc-provider'],
  visible: row.visible,
  flow,
}
