// What users, clients and an administrator do at a Keycloak, as a browser and a client would.
import type { KeycloakWorld } from './keycloak-world.ts'

export interface Answer {
  readonly url: string
  readonly status: number
  readonly location: string
  readonly body: string
}

const redirectUri = 'http://127.0.0.1:9/callback'
const password = 'pw-of-a-test-user'
const secret = 'secret-of-a-test-client'
const asClient = { client_id: 'web', client_secret: secret }

/** A browser: cookies and forms. Keycloak's cookies are `Secure`, loopback or not. */
export class Browser {
  readonly #cookies = new Map<string, string>()

  async go(url: string, form?: Record<string, string>): Promise<Answer> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const body = form === undefined ? undefined : new URLSearchParams(form)
    const method = form === undefined ? 'GET' : 'POST'
    const headers = { cookie }
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(body && { body }),
    })
    for (const one of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(one) ?? []
      if (value === '' || /Max-Age=0/i.test(one)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    const location = response.headers.get('location') ?? ''
    return { url, status: response.status, location, body: await response.text() }
  }

  /** Goes on to the page that is not a redirect to itself. */
  async page(url: string): Promise<Answer> {
    let answer = await this.go(url)
    while (answer.status >= 300 && answer.status < 400) {
      answer = await this.go(new URL(answer.location, url).href)
    }
    return answer
  }

  async submit(page: Answer, form: Record<string, string>): Promise<Answer> {
    const action = /<form[^>]*action="([^"]+)"/.exec(page.body)?.[1]
    if (action === undefined) throw new Error(`no form: ${page.status} ${page.body.slice(0, 300)}`)
    return await this.go(new URL(action.replaceAll('&amp;', '&'), page.url).href, form)
  }
}

interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
}

const tokensIn = ({ body }: Answer): Tokens => JSON.parse(body) as Tokens

/** Everything once; the secrets that were in it, which no record may have. */
export async function runFlows(world: KeycloakWorld): Promise<readonly string[]> {
  const { endpoint } = world
  const browser = new Browser()
  const post = (path: string, form: Record<string, string>): Promise<Answer> =>
    new Browser().go(`${endpoint}${path}`, { ...asClient, ...form })
  const login = `${endpoint}/auth?${new URLSearchParams({
    ...{ client_id: 'web', redirect_uri: redirectUri, response_type: 'code', scope: 'openid' },
  }).toString()}`

  // Log-in by code: a wrong password, a name that nobody has, then the right one.
  let page = await browser.page(login)
  page = await browser.submit(page, { username: 'alice', password: 'wrong-pw-typed' })
  page = await browser.submit(page, { username: 'typed-by-mistake', password })
  const back = await browser.submit(page, { username: 'alice', password })
  const code = new URL(back.location).searchParams.get('code') ?? ''
  const exchange = { grant_type: 'authorization_code', code, redirect_uri: redirectUri }
  const first = tokensIn(await post('/token', exchange))
  await post('/token/introspect', { token: first.access_token })
  await fetch(`${endpoint}/userinfo`, {
    headers: { authorization: `Bearer ${first.access_token}` },
  })

  // A device, which the same user lets in.
  const device = JSON.parse((await post('/auth/device', { scope: 'openid' })).body) as {
    device_code: string
    verification_uri_complete: string
  }
  const consent = await browser.page(device.verification_uri_complete)
  await browser.page((await browser.submit(consent, { accept: 'Yes' })).location)
  await post('/token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: device.device_code,
  })

  // A refresh, then the old token once more; the theft ends the session.
  const refresh = (token: string): Promise<Answer> =>
    post('/token', { grant_type: 'refresh_token', refresh_token: token })
  const second = tokensIn(await refresh(first.refresh_token))
  await refresh(first.refresh_token)

  // Another session: log-out, and another: revocation.
  const again = new Browser()
  const to = await again.submit(await again.page(login), { username: 'alice', password })
  const third = tokensIn(
    await post('/token', {
      ...exchange,
      code: new URL(to.location).searchParams.get('code') ?? '',
    }),
  )
  await again.go(`${endpoint}/logout?id_token_hint=${third.id_token}`)
  const fourth = tokensIn(
    await post('/token', { grant_type: 'password', username: 'alice', password }),
  )
  await post('/revoke', { token: fourth.refresh_token })

  // Machines, and refusals.
  await post('/token', { grant_type: 'client_credentials' })
  await post('/token', { grant_type: 'client_credentials', client_secret: 'wrong-secret' })
  await post('/token', exchange)
  await new Browser().page(login.replace('127.0.0.1%3A9', 'evil.example'))
  return [
    ...[first, second, third, fourth].flatMap((each) => Object.values(each).map(String)),
    ...[code, device.device_code, password, secret, 'wrong-pw-typed', 'wrong-secret'],
    'typed-by-mistake',
  ].filter((text) => text.length > 6)
}

/** An administrator changes a user, registers a client, deletes it, and ends a session. */
export async function runAdministration({ admin }: KeycloakWorld): Promise<void> {
  const [user] = (await admin('GET', '/users?username=alice')) as { id: string }[]
  await admin('PUT', `/users/${user!.id}`, { firstName: 'Changed' })
  await admin('POST', `/users/${user!.id}/logout`)
  await admin('POST', '/clients', { clientId: 'made-by-admin', secret })
  const [made] = (await admin('GET', '/clients?clientId=made-by-admin')) as { id: string }[]
  await admin('DELETE', `/clients/${made!.id}`)
}

export const user = { username: 'alice', password }
export const client = { clientId: 'web', secret, redirectUri }
