// What users, clients and an administrator do at a Keycloak, as a browser and a client would.
import type { KeycloakWorld } from './keycloak-world.ts'

export interface Answer {
  readonly url: string
  readonly status: number
  readonly location: string
  readonly body: string
}

export const redirectUri = 'http://127.0.0.1:9/callback'
const password = 'pw-of-a-test-user'
export const newPassword = 'pw-that-an-administrator-set'
const secret = 'secret-of-a-test-client'
export const asClient = { client_id: 'web', client_secret: secret }

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
  /** The words that were granted, in any order: no secret. */
  readonly scope: string
}

const tokensIn = ({ body }: Answer): Tokens => JSON.parse(body) as Tokens

/** Sends a form as the client, without a browser. */
export type Post = (path: string, form: Record<string, string>) => Promise<Answer>

export function postAt({ endpoint }: Pick<KeycloakWorld, 'endpoint'>): Post {
  return (path, form) => new Browser().go(`${endpoint}${path}`, { ...asClient, ...form })
}

/** Everything once; the secrets that were in it, which no record may have. */
export async function runFlows(world: KeycloakWorld): Promise<readonly string[]> {
  const { endpoint } = world
  const browser = new Browser()
  const post = postAt(world)
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

  const devices = await runDevices(browser, post)

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
  const told = [first, second, third, fourth].map(({ scope: _, ...each }) => each)
  return [
    ...told.flatMap((each) => Object.values(each).map(String)),
    ...[...devices, code, password, secret, 'wrong-pw-typed', 'wrong-secret'],
    'typed-by-mistake',
  ].filter((text) => text.length > 6)
}

interface Device {
  readonly device_code: string
  readonly verification_uri_complete: string
}

/** Devices: one is let in, one kept out, and one is, too, and asks twice within its interval. */
async function runDevices(browser: Browser, post: Post): Promise<readonly string[]> {
  const codes: string[] = []
  for (const [button, isEager] of [
    [{ accept: 'Yes' }, false],
    [{ cancel: 'No' }, false],
    [{ cancel: 'No' }, true],
  ] as const) {
    const device = JSON.parse((await post('/auth/device', { scope: 'openid' })).body) as Device
    const grant = 'urn:ietf:params:oauth:grant-type:device_code'
    const poll = { grant_type: grant, device_code: device.device_code }
    if (isEager) await post('/token', poll)
    const consent = await browser.page(device.verification_uri_complete)
    await browser.page((await browser.submit(consent, button)).location)
    await post('/token', poll)
    codes.push(device.device_code)
  }
  return codes
}

/** An administrator changes a user and his rights, ends sessions, and changes clients. */
export async function runAdministration({ admin }: KeycloakWorld): Promise<void> {
  const [user] = (await admin('GET', '/users?username=alice')) as { id: string }[]
  const alice = `/users/${user!.id}`
  await admin('PUT', alice, { firstName: 'Changed' })
  await admin('PUT', `${alice}/reset-password`, { type: 'password', value: newPassword })
  await admin('POST', '/roles', { name: 'approver' })
  const role = (await admin('GET', '/roles/approver')) as { id: string; name: string }
  await admin('POST', `${alice}/role-mappings/realm`, [role])
  await admin('DELETE', `${alice}/role-mappings/realm`, [role])
  await admin('POST', `${alice}/logout`)
  await admin('POST', '/clients', { clientId: 'made-by-admin', secret })
  const [made] = (await admin('GET', '/clients?clientId=made-by-admin')) as { id: string }[]
  await admin('PUT', `/clients/${made!.id}`, { clientId: 'made-by-admin', enabled: false })
  await admin('POST', `/clients/${made!.id}/client-secret`)
  await admin('DELETE', `/clients/${made!.id}`)
  await admin('PUT', '', { accessTokenLifespan: 600 })
  await admin('POST', '/users', { username: 'made-by-admin', enabled: true })
  const [other] = (await admin('GET', '/users?username=made-by-admin')) as { id: string }[]
  await admin('DELETE', `/users/${other!.id}`)
}

export const user = { username: 'alice', password }
export const client = { clientId: 'web', secret, redirectUri }
