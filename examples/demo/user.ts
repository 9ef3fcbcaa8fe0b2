// alice, without a browser: follows redirects with a cookie jar, logs in, consents.
import type { Client } from './client.ts'

export interface UserOptions {
  readonly client: Client
  readonly redirectUri: string
  readonly password: string
}

const stepsMax = 12

/** Logs in at the authorization server and back at the client; gives the subject. */
export async function logIn({ client, password, redirectUri }: UserOptions): Promise<string> {
  const { finish, url } = await client.begin()
  const jar = new Map<string, string>()
  let at = url
  let form: Record<string, string> | undefined
  for (let step = 0; step < stepsMax; step++) {
    const response = await visit(at, jar, form)
    form = undefined
    const location = response.headers.get('location')
    if (location !== null) {
      at = new URL(location, at)
      if (at.href.startsWith(redirectUri)) return finish(at)
      continue
    }
    const page = await response.text()
    if (!response.ok) throw new Error(`${at.pathname} answered ${response.status}: ${page}`)
    form = page.includes('name="password"') ? { name: 'alice', password } : { answer: 'yes' }
  }
  throw new Error('the log-in did not come to an end')
}

/** One request. Cookie paths are left out: the jar has one server only. */
async function visit(
  url: URL,
  jar: Map<string, string>,
  form: Record<string, string> | undefined,
): Promise<Response> {
  const cookie = [...jar].map((pair) => pair.join('=')).join('; ')
  const response = await fetch(url, {
    method: form === undefined ? 'GET' : 'POST',
    headers: { cookie, 'user-agent': 'grantlog-demo' },
    redirect: 'manual',
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  })
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') jar.delete(name)
    else jar.set(name, value)
  }
  return response
}
