// Which enrolled key is meant, and whether it is in force. See key-state.test.ts.
import type { Enrolment } from '@grantlog/ledger'
import { CliError } from './errors.ts'

export type KeyState = 'in_force' | 'not_yet' | 'ended' | 'revoked'

export function stateOf(
  { revoked, validFrom, validUntil }: Pick<Enrolment, 'revoked' | 'validFrom' | 'validUntil'>,
  nowS: number,
): KeyState {
  if (revoked !== undefined) return 'revoked'
  if (validUntil !== 0 && validUntil < nowS) return 'ended'
  return validFrom > nowS ? 'not_yet' : 'in_force'
}

/**
 * The key whose kid begins with `name`. Errors: KEY_UNKNOWN, KEY_AMBIGUOUS with those that do.
 */
export function keyCalled(name: string, enrolled: readonly Enrolment[]): Enrolment {
  return only(
    name,
    enrolled.filter(({ kid }) => name !== '' && kid.startsWith(name)),
  )
}

/**
 * The key in force of a service, or the one whose kid begins with `name`: services go first.
 * Errors: KEY_ENDED, and those of keyCalled.
 */
export function keyInForce(name: string, enrolled: readonly Enrolment[], nowS: number): Enrolment {
  const ofService = enrolled.filter(({ services }) => services.includes(name))
  const inForce = ofService.filter((each) => stateOf(each, nowS) === 'in_force')
  // Those that end are replaced already; the others are what is asked about.
  const lasting = inForce.filter(({ validUntil }) => validUntil === 0)
  const meant = lasting.length > 0 ? lasting : inForce
  if (meant.length > 0) return only(name, meant)
  if (ofService.length > 0) throw new CliError('KEY_ENDED', `of ${name}`)
  const found = keyCalled(name, enrolled)
  if (stateOf(found, nowS) !== 'in_force') throw new CliError('KEY_ENDED', found.kid)
  return found
}

/** `2026-01-31 12:00Z` */
export function minuteText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')}Z`
}

function only(name: string, found: readonly Enrolment[]): Enrolment {
  const [first, ...others] = found
  if (first === undefined) throw new CliError('KEY_UNKNOWN', name)
  if (others.length === 0) return first
  const kids = found.map(({ kid, services }) => `${kid.slice(0, 12)} (${services.join(' ')})`)
  throw new CliError('KEY_AMBIGUOUS', `${name}: ${kids.join(', ')}`)
}
