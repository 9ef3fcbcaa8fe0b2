// Users and clients as an application keeps them: objects of which a library asks for little.
import type { ToldAction } from '../defined/action.ts'
import { attempt, isObject, record, text, texts } from '../unknown.ts'

/** Where applications have an identifier; names and addresses of people are none. */
const accountIds = ['id', '_id', 'sub', 'userId', 'user_id', 'uid']
const clientIds = ['clientId', 'client_id', 'clientID', 'id', '_id']

/** The identifier of a user; null: none that is known to be one. */
export function accountIdOf(user: unknown): string | null {
  return idIn(user, accountIds)
}

/** The one of a client, which need not be that of its row in a database. */
export function clientIdOf(client: unknown): string | null {
  return idIn(client, clientIds)
}

/** A client that was found; nothing where there is none. */
export function clientOf(client: unknown, authMethod: string | null): Pick<ToldAction, 'client'> {
  const id = clientIdOf(client)
  return id === null ? {} : { client: { id, name: text(record(client).name), authMethod } }
}

/** How a client has shown who it is, with a password or not at all. */
export function authMethodOf(request: unknown): string {
  const { headers, body } = record(request)
  if (text(record(headers).authorization) !== null) return 'client_secret_basic'
  return text(record(body).client_secret) === null ? 'none' : 'client_secret_post'
}

/** What applications have a client registered for. */
export function allowedTo(client: unknown): string | null {
  const { scopes, scope } = record(client)
  return scopeText(scopes ?? scope)
}

/** The words of scopes. */
export function wordsOf(...scopes: readonly (string | null)[]): string[] {
  return scopes.flatMap((scope) => scope?.split(' ') ?? [])
}

function idIn(value: unknown, names: readonly string[]): string | null {
  if (!isObject(value)) return plain(value)
  for (const name of names) {
    const found = plain(attempt(() => record(value)[name]))
    if (found !== null) return found
  }
  return null
}

function plain(id: unknown): string | null {
  if (typeof id === 'number' || typeof id === 'bigint') return String(id)
  const { toHexString } = record(id)
  // Of MongoDB.
  if (typeof toHexString === 'function') return text(attempt(() => toHexString.call(id) as unknown))
  return text(id)
}

/** Scopes as one text, whether they are a list or one already. */
export function scopeText(scope: unknown): string | null {
  return Array.isArray(scope) ? text(texts(scope).join(' ')) : text(scope)
}

/** Seconds until then; null where it is no date. */
export function secondsUntil(date: unknown): number | null {
  const atMs = date instanceof Date ? date.getTime() : Number.NaN
  return Number.isNaN(atMs) ? null : Math.max(0, Math.floor((atMs - Date.now()) / 1000))
}
