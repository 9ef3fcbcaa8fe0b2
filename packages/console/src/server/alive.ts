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

/** Remembers the last answers until the index grows. */
export function openAlive(reading: Reading): Alive {
  const tokens = remembered<TokenLives>(reading)
  const sessions = remembered<SessionLives>(reading)
  return {
    tokens: async ({ now }, { cursor, limit, q, state }) => {
      const { cut, since, tokens: all } = await tokens(q, (query) => tokensIn(reading, query, now))
      const shown = all.filter((one) => isTokenIn(one, state))
      const { next, page } = pageOf(shown, { cursor, limit })
      const counts = countTokens(all)
      return { tokens: page.map((one) => ({ ...one })), counts, next, since, cut }
    },
    sessions: async ({ now }, { cursor, limit, q, state }) => {
      const found = await sessions(q, (query) => sessionsIn(reading, query, now))
      const { cut, sessions: all, since } = found
      const shown = all.filter((one) => isSessionIn(one, state))
      const { next, page } = pageOf(shown, { cursor, limit })
      const told = page.map((one) => ({ ...one, clients: [...one.clients] }))
      return { sessions: told, counts: countSessions(all), next, since, cut }
    },
  }
}

/** One answer for the query asked last; it is good while nothing new has come. */
function remembered<T>({ index }: Reading) {
  let last: { readonly key: string; readonly answer: Promise<T> } | null = null
  return (q: string, make: (query: Query) => Promise<T>): Promise<T> => {
    const key = `${index.rows} ${q}`
    if (last?.key !== key) {
      const answer = make(q === '' ? everything : parseQuery(q, index.hasWord))
      last = { key, answer }
      answer.catch(() => (last = null))
    }
    return last.answer
  }
}

function pageOf<T>(
  all: readonly T[],
  { cursor = '0', limit }: { readonly cursor: string | undefined; readonly limit: number },
): { readonly page: readonly T[]; readonly next: string | null } {
  if (!/^\d{1,6}$/.test(cursor)) throw new ConsoleError('CONSOLE_PARAMETER_INVALID', 'cursor')
  const from = Number(cursor)
  const to = from + limit
  return { page: all.slice(from, to), next: to < all.length ? String(to) : null }
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
