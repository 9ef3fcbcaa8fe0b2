// Values of options: each parser throws what commander turns into USAGE. See options.test.ts.
import { InvalidArgumentError } from 'commander'
import { isTenantName } from '@grantlog/ledger'
import { dateOf, QueryError, type RoutePattern } from '@grantlog/query'
import { isRoute } from '@grantlog/record'

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

/** A TCP port; 0 takes any free one. */
export function portOf(text: string): number {
  const port = wholeNumber(text)
  if (port > 65_535) throw new InvalidArgumentError('Not a port.')
  return port
}

export function portOrOff(text: string): number | 'off' {
  return text === 'off' ? text : portOf(text)
}

export function wholeNumber(text: string): number {
  if (!/^(0|[1-9][0-9]{0,14})$/.test(text)) throw new InvalidArgumentError('Not a whole number.')
  return Number(text)
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Unix milliseconds of `2026-01-31`, `2026-01-31T12:00Z` (UTC without a zone, as in a search), or
 * of so long ago: `15m`, `2h`, `7d`.
 */
export function timeOf(text: string, now: number = Date.now()): number {
  const [, amount, unit] = /^([0-9]{1,9})([smhd])$/.exec(text) ?? []
  if (amount !== undefined) return now - Number(amount) * units[unit as keyof typeof units]
  const time = dateOf(text)
  if (Number.isNaN(time)) throw new InvalidArgumentError('Not a time: 2026-01-31T12:00Z, or 15m.')
  return time
}

/** Milliseconds of `30s`, `15m`, `2h`, `1d`. */
export function durationOf(text: string): number {
  const [, amount, unit] = /^([1-9][0-9]{0,5})([smhd])$/.exec(text) ?? []
  if (amount === undefined) throw new InvalidArgumentError('Not a time: 30s, 15m, 2h or 1d.')
  return Number(amount) * units[unit as keyof typeof units]
}

/** `/orders/:id` or `POST /orders`. Errors: QueryError RECONCILE_PATTERN_INVALID. */
export function patternOf(text: string): RoutePattern {
  const [, method = null, route = ''] = /^(?:([A-Z]{1,16}) )?(\S+)$/.exec(text) ?? []
  if (!isRoute(route)) throw new QueryError('RECONCILE_PATTERN_INVALID', text)
  return { method, route }
}

/** Values of --role. */
export const roleNames: readonly string[] = [
  'authorization_server',
  'client',
  'resource_server',
  'observer',
]

/** For --role, which may be repeated: `resource_server` or `resource-server`. */
export function collectRole(value: string, before: readonly string[]): string[] {
  const role = value.replaceAll('-', '_')
  if (!roleNames.includes(role)) {
    throw new InvalidArgumentError(`Allowed choices are ${roleNames.join(', ')}.`)
  }
  return [...before, role]
}

/** A name of at most 128 characters that can stand in a table and in a file's name. */
export function nameOf(text: string): string {
  if (!/^[\w][\w.@/-]{0,127}$/.test(text)) {
    throw new InvalidArgumentError('Use letters, digits, and . _ - / @.')
  }
  return text
}

/** A tenant's name: a folder's, and a part of a URL. */
export function tenantNameOf(text: string): string {
  if (!isTenantName(text)) {
    throw new InvalidArgumentError('Use a-z, 0-9 and -, 63 at most.')
  }
  return text
}

/** An http or https URL, as written: issuers are compared as strings. */
export function urlOf(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) {
    throw new InvalidArgumentError('Not an http or https URL.')
  }
  return text
}

export function collectUrl(text: string, before: readonly string[]): string[] {
  return [...before, urlOf(text)]
}
