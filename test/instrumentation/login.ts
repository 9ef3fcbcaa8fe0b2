// The browser of a user who logs in and consents at the authorization server of the client flows.
import { Browser } from '../../packages/sdk/test/fixtures/browser.ts'

const answers = {
  login: [{ login: 'ada', password: 'correct horse' }],
  consent: [{ answer: 'yes' }],
}

/** From an authorization request to the URL that the client is called back with. */
export async function login(issuer: string, url: string, secrets: Set<string>): Promise<string> {
  const browser = new Browser(issuer)
  const query = Object.fromEntries(new URL(url).searchParams)
  const back = await browser.authorize('login', query, answers)
  browser.close()
  for (const name of ['code', 'id_token']) {
    const value = back.searchParams.get(name)
    if (value !== null) secrets.add(value)
  }
  return back.href
}
