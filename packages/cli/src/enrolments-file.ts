// Enrolments as a file, from one receiver's operator to another's. Public keys and what they may
// sign: no secret, and nothing that enrols by itself. See test/core.test.ts.
import {
  decodeEnrolment,
  encodeEnrolment,
  enrolledBytesMax,
  type Enrolment,
} from '@grantlog/ledger'
import { jcsBytes, type JsonValue } from '@grantlog/record'
import { CliError } from './errors.ts'

const format = 'grantlog-enrolments-v1'

/** What `keys export` prints. */
export function enrolmentsText(origin: string, keys: readonly Enrolment[]): string {
  return JSON.stringify({ format, origin, keys }, null, 2)
}

/** Reads it strictly. Errors: ENROLMENTS_UNREADABLE. */
export function enrolmentsIn(
  text: string,
  file: string,
): { readonly origin: string; readonly keys: readonly Enrolment[] } {
  try {
    if (text.length > enrolledBytesMax) throw new RangeError('it is too large')
    const json = JSON.parse(text) as { format?: unknown; origin?: unknown; keys?: unknown } | null
    const { format: said, keys, origin } = json ?? {}
    if (said !== format || typeof origin !== 'string' || !Array.isArray(keys)) {
      throw new SyntaxError(`it is no ${format}`)
    }
    return { origin, keys: keys.map((key) => decodeEnrolment(jcsBytes(key as JsonValue))) }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CliError('ENROLMENTS_UNREADABLE', `${file}: ${why}`, { cause })
  }
}

/** What an import changes. */
export interface Merged {
  readonly all: readonly Enrolment[]
  readonly added: readonly Enrolment[]
  readonly replaced: readonly Enrolment[]
}

/** The list with what comes in. Errors: ENROLMENT_DIFFERS, unless `replace`. */
export function merged(
  before: readonly Enrolment[],
  incoming: readonly Enrolment[],
  replace: boolean,
): Merged {
  const all = new Map(before.map((one) => [one.kid, one]))
  const added: Enrolment[] = []
  const replaced: Enrolment[] = []
  for (const one of incoming) {
    const there = all.get(one.kid)
    if (there === undefined) added.push(one)
    else if (!isSame(there, one)) replaced.push(one)
    all.set(one.kid, one)
  }
  if (replaced.length > 0 && !replace) {
    throw new CliError('ENROLMENT_DIFFERS', replaced.map(({ kid }) => kid).join(' '))
  }
  return { all: [...all.values()], added, replaced }
}

function isSame(a: Enrolment, b: Enrolment): boolean {
  return Buffer.from(encodeEnrolment(a)).equals(encodeEnrolment(b))
}
