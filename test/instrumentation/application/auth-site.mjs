// A site that logs its users in with Auth.js, at a real authorization server. Its client's path
// there is `/callback/auth/callback/login`.
import { visitor } from './visitor.mjs'

export const origin = 'https://shop.example.com'
export const basePath = '/callback/auth'

const clientSecret = 'site-secret-0123456789-0123456789'

/** What an application configures; errors are kept by their names. */
export function configurationOf(app, logged, more = {}) {
  const { issuer } = app.servers
  const provider = {
    ...{ id: 'login', name: 'Login', type: 'oidc', issuer, clientId: 'site' },
    ...{ clientSecret: app.secret(clientSecret), checks: ['state', 'nonce', 'pkce'] },
    ...{ wellKnown: `${issuer}/.well-known/openid-configuration`, ...more },
  }
  return {
    ...{ providers: [provider], secret: app.secret('S3cret-of-the-sessions-of-all') },
    ...{ trustHost: true, basePath, logger: { error: ({ name }) => void logged.push(name) } },
    events: { signIn: ({ account }) => void logged.push(account.provider) },
  }
}

/** Users of it; `base` is where it is asked, `logged` what its application has heard. */
export async function visitAll(app, { base = origin, send = fetch, logged, hasCsrf = false }) {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const enter = () => {
    const { go } = visitor(app, base + basePath, send)
    const post = async (label, path) => {
      const form = hasCsrf ? JSON.parse((await go(`${label}, csrf`, '/csrf')).text) : {}
      const body = String(new URLSearchParams(form))
      return go(label, path, { method: 'POST', headers: type, body })
    }
    const begin = async (label) => {
      const { location } = await post(label, '/signin/login')
      for (const name of ['state', 'nonce', 'code_challenge']) {
        app.secret(location.searchParams.get(name) ?? '')
      }
      return location
    }
    const come = async (label, said) => {
      const query = new URLSearchParams({ iss: app.servers.issuer, ...said })
      await go(label, `/callback/login?${query}`)
      app.say(`${label}, logged`, logged.splice(0))
    }
    return { begin, come, post, go }
  }
  const one = enter()
  const back = await app.login(await one.begin('login'))
  await one.come('code', Object.fromEntries(back.searchParams))
  await one.go('session', '/session')
  await one.post('out', '/signout')
  const two = enter()
  await two.begin('second')
  await two.come('state', { code: 'S3cret-code', state: 'forged' })
  const three = enter()
  const state = (await three.begin('third')).searchParams.get('state')
  await three.come('denied', { error: 'access_denied', state })
  const four = enter()
  const last = (await four.begin('fourth')).searchParams.get('state')
  await four.come('bad code', { code: 'S3cret-code', state: last })
}
