// Answers about tokens, sessions and scopes; the newest are looked up once for all who ask.
import {
  countSessions,
  countTokens,
  everything,
  isSessionIn,
  isTokenIn,
  parseQuery,
  type Query,
  type Reading,
  scopesBy,
  type SessionLives,
  sessionsIn,
  type SessionState,
  type TokenLives,
  tokensIn,
  type TokenState,
} from '@grantlog/query'
import type { Scopes, Sessions, Tokens } from '../api/tokens.ts'
import { ConsoleError } from './codes.ts'
import { ALIVE_FRESH_MS } from './limits.ts'
import { type Asked, prepared } from './searches.ts'

interface AliveAsked<State extends string> {
  readonly q: string
  readonly state: State
  readonly limit: number
  readonly cursor: string | undefined
}

export interface Alive {
  tokens(asked: Asked, wanted: AliveAsked<TokenState>): Promise<Tokens>
  sessions(asked: Asked, wanted: AliveAsked<SessionState>): Promise<Sessions>
}

/** Remembers the last answers until the index grows, or their time has passed. */
export function openAlive(reading: Reading): Alive {
  const tokens = remembered<TokenLives>(reading)
  const sessions = remembered<SessionLives>(reading)
  return {
    tokens: async ({ now }, { cursor, limit, q, state }) => {
      const make = (query: Query): Promise<TokenLives> => tokensIn(reading, query, now)
      const { cut, since, tokens: all } = await tokens({ q, now }, make)
      const shown = all.filter((one) => isTokenIn(one, state))
      const { next, page } = pageOf(shown, { cursor, limit }, ({ index }) => [index, 0])
      const counts = countTokens(all)
      return { tokens: page.map((one) => ({ ...one })), counts, next, since, cut }
    },
    sessions: async ({ now }, { cursor, limit, q, state }) => {
      const make = (query: Query): Promise<SessionLives> => sessionsIn(reading, query, now)
      const { cut, sessions: all, since } = await sessions({ q, now }, make)
      const shown = all.filter((one) => isSessionIn(one, state))
      const placeOf = (one: (typeof all)[number]): Place => [one.lastSeenAt, one.index]
      const { next, page } = pageOf(shown, { cursor, limit }, placeOf)
      const told = page.map((one) => ({ ...one, clients: [...one.clients] }))
      return { sessions: told, counts: countSessions(all), next, since, cut }
    },
  }
}

/**
 * One answer for the query asked last. It is good while nothing new has come, and for a moment:
 * tokens expire also where nothing comes, and a query may be of the last hour.
 */
function remembered<T>({ index }: Reading) {
  let last: { readonly key: string; readonly answer: Promise<T> } | null = null
  return (
    { now, q }: { readonly q: string; readonly now: number },
    make: (query: Query) => Promise<T>,
  ): Promise<T> => {
    const key = `${index.rows} ${Math.floor(now / ALIVE_FRESH_MS)} ${q}`
    if (last?.key !== key) {
      const answer = make(q === '' ? everything : parseQuery(q, index.hasWord))
      last = { key, answer }
      answer.catch(() => (last = null))
    }
    return last.answer
  }
}

/** What a list is in descending order of: it grows at its beginning. */
type Place = readonly [major: number, minor: number]

/** The rows behind the one that `cursor` is the place of. */
function pageOf<T>(
  all: readonly T[],
  { cursor, limit }: { readonly cursor: string | undefined; readonly limit: number },
  placeOf: (one: T) => Place,
): { readonly page: readonly T[]; readonly next: string | null } {
  const [, major, minor] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '') ?? []
  if (cursor !== undefined && minor === undefined) {
    throw new ConsoleError('CONSOLE_PARAMETER_INVALID', 'cursor')
  }
  const isBehind = (one: T): boolean => {
    const [at, within] = placeOf(one)
    return at < Number(major) || (at === Number(major) && within < Number(minor))
  }
  const rest = cursor === undefined ? all : all.filter(isBehind)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  const isAll = last === undefined || rest.length === page.length
  return { page, next: isAll ? null : placeOf(last).join('.') }
}

export async function scopesOf(
  asked: Asked,
  { by, q }: { readonly q: string; readonly by: 'client' | 'role' },
): Promise<Scopes> {
  const { index } = asked.reading
  const { cut, rows } = await scopesBy(index, prepared(asked, q), by)
  const told = rows.map(({ scopes, ...row }) => ({
    ...row,
    scopes: scopes.map((one) => ({ ...one, findings: [...one.findings] })),
  }))
  return { by, rows: told, since: index.first?.fromMs ?? asked.now, cut }
}
