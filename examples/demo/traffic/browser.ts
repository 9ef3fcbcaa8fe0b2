// A browser without a window: cookies, redirects and forms, and the pages of the authorization
// server. It sends a `traceparent` (W3C Trace Context), as pages with OpenTelemetry do.
import { randomBytes } from 'node:crypto'

export interface Answer {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Sent {
  readonly method?: string
  readonly form?: Readonly<Record<string, string>>
  readonly json?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** What somebody does on the authorization server's pages. */
export interface Answers {
  readonly name: string
  readonly password: string
  readonly consents?: boolean
}

const redirectsMax = 12

export class Browser {
  readonly #jars = new Map<string, Map<string, string>>()
  readonly #traceId: () => string

  /** `traceId` gives the trace that requests belong to, 32 hex digits. */
  constructor(traceId: () => string) {
    this.#traceId = traceId
  }

  /** One request; redirects are not followed. */
  async send(url: URL | string, sent: Sent = {}): Promise<Answer> {
    const target = new URL(url)
    const { form, json } = sent
    const body = form ? new URLSearchParams(form) : json && JSON.stringify(json)
    const response = await fetch(target, {
      method: sent.method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        cookie: [...this.#jarOf(target)].map((pair) => pair.join('=')).join('; '),
        traceparent: `00-${this.#traceId()}-${randomBytes(8).toString('hex')}-01`,
        'user-agent': 'grantlog-demo',
        ...(json ? { 'content-type': 'application/json' } : {}),
        ...sent.headers,
      },
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    })
    this.#keepCookies(target, response.headers.getSetCookie())
    const { headers, status } = response
    return { url: target, status, headers, text: await response.text() }
  }

  /** Goes there and on through redirects, to a page or to a URL that `ends` names. */
  async open(
    url: URL | string,
    sent: Sent = {},
    ends: (to: URL) => boolean = () => false,
  ): Promise<Answer> {
    let answer = await this.send(url, sent)
    for (let redirects = 0; redirects < redirectsMax; redirects++) {
      const location = answer.headers.get('location')
      if (location === null) return answer
      const to = new URL(location, answer.url)
      if (ends(to)) return { ...answer, url: to }
      answer = await this.send(to)
    }
    throw new Error(`more than ${redirectsMax} redirects from ${new URL(url).pathname}`)
  }

  /** As `open`, and on through the pages to log in and to consent. */
  async logIn(
    url: URL | string,
    answers: Answers,
    ends: (to: URL) => boolean = () => false,
  ): Promise<Answer> {
    let answer = await this.open(url, {}, ends)
    for (const page of ['Log in', 'Consent']) {
      if (!answer.text.includes(`<h1>${page}</h1>`)) continue
      answer = await this.open(answer.url, { form: formFor(page, answers) }, ends)
    }
    return answer
  }

  #jarOf({ origin }: URL): Map<string, string> {
    const jar = this.#jars.get(origin) ?? new Map<string, string>()
    this.#jars.set(origin, jar)
    return jar
  }

  #keepCookies(from: URL, lines: readonly string[]): void {
    const jar = this.#jarOf(from)
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
  }
}

function formFor(page: string, { consents = true, name, password }: Answers) {
  if (page === 'Log in') return { name, password }
  return { answer: consents ? 'yes' : 'no' }
}
