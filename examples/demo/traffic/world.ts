// Who takes part in the traffic, and what they remember between its steps.
import { randomBytes } from 'node:crypto'
import type { Apps } from '../stage/apps.ts'
import { type Answer, type Answers, Browser, type Sent } from './browser.ts'

/** Somebody with a browser. */
export interface Person {
  readonly browser: Browser
  readonly answers: Answers
  /** One request to the web shop, expected to be answered with this status. */
  shop(status: number, path: string, sent?: Sent): Promise<Answer>
  /** Logs in at the web shop; `query` goes to the authorization request. */
  logIn(query?: Record<string, string>): Promise<void>
}

/** What steps leave for later ones. */
export interface Memory {
  /** By name of the person: the newest tokens of the session at the shop. */
  tokens: Map<string, Tokens>
  phone: { code: string; verifier: string; refreshToken: string }
  /** When carol got her tokens, Unix milliseconds. */
  guestSince: number
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

export interface World extends Apps {
  readonly alice: Person
  /** alice in another browser. */
  readonly aliceAtHome: Person
  readonly bob: Person
  readonly carol: Person
  /** Nobody that is known: knows what was stolen, has no account. */
  readonly mallory: Browser
  readonly memory: Memory
  /** Asks the worker to run a job; its answer. */
  job<T>(name: string): Promise<T>
  /** A new trace for what comes next; its id. */
  nextTrace(): string
}

export function createWorld(apps: Apps): World {
  let traceId = ''
  const trace = (): string => traceId
  const person = (name: 'alice' | 'bob' | 'carol'): Person =>
    createPerson(new Browser(trace), { name, password: apps.secrets[name] }, apps.web)
  const mallory = new Browser(trace)
  return {
    ...apps,
    alice: person('alice'),
    aliceAtHome: person('alice'),
    bob: person('bob'),
    carol: person('carol'),
    mallory,
    memory: {
      tokens: new Map(),
      phone: { code: '', verifier: '', refreshToken: '' },
      guestSince: 0,
    },
    async job<T>(name: string) {
      const { text } = await new Browser(trace).send(`${apps.worker}/${name}`, { method: 'POST' })
      return JSON.parse(text) as T
    },
    nextTrace: () => (traceId = randomBytes(16).toString('hex')),
  }
}

function createPerson(browser: Browser, answers: Answers, web: string): Person {
  return {
    browser,
    answers,
    shop: async (status, path, sent) => expectStatus(status, await browser.send(web + path, sent)),
    async logIn(query = {}) {
      const start = `${web}/login?${new URLSearchParams(query)}`
      expectStatus(200, await browser.logIn(start, answers))
    },
  }
}

/** The answer, when it has this status: a world that behaves otherwise is not the one described. */
export function expectStatus(status: number, answer: Answer): Answer {
  if (answer.status === status) return answer
  throw new Error(`${answer.url.href} answered ${answer.status}, not ${status}: ${answer.text}`)
}
