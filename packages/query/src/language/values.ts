// Values that are more than text: times, durations and numbers. See values.test.ts.

const unitsMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

const durationForm = /^(\d+(?:\.\d+)?)(us|ms|s|m|h|d|w)$/
const dateForm =
  /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/
const numberForm = /^-?\d{1,16}(?:\.\d+)?$/

/** `250ms`, `1.5h` in milliseconds; NaN for anything else. */
export function durationOf(text: string): number {
  const [, amount, unit] = durationForm.exec(text) ?? []
  if (amount === undefined || unit === undefined) return NaN
  // The form allows no other units.
  return Number(amount) * (unitsMs[unit] ?? NaN)
}

/**
 * Unix milliseconds of `2026-01-31`, `2026-01-31T12:00Z` (UTC without a zone), `now`, or `-24h`
 * before `now`, for which `24h` will do; a number is Unix milliseconds. NaN for anything else.
 */
export function timeOf(text: string, now: number): number {
  if (text === 'now') return now
  const ago = durationOf(text.startsWith('-') ? text.slice(1) : text)
  if (!Number.isNaN(ago)) return now - ago
  if (/^\d{12,15}$/.test(text)) return Number(text)
  return dateOf(text)
}

/**
 * Unix milliseconds of `2026-01-31` or `2026-01-31T12:00Z`, UTC without a zone; NaN for anything
 * else, and for a day that there is not: JavaScript takes 31 February as 3 March.
 */
export function dateOf(text: string): number {
  const [, year, month, day] = dateForm.exec(text) ?? []
  if (day === undefined) return NaN
  const found = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (found.getUTCDate() !== Number(day)) return NaN
  const isLocal = text.includes('T') && !/(Z|[+-]\d\d:\d\d)$/.test(text)
  return Date.parse(isLocal ? `${text}Z` : text)
}

/** NaN for what is no plain decimal number. */
export function numberOf(text: string): number {
  return numberForm.test(text) ? Number(text) : NaN
}
