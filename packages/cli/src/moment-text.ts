// Times as people read them: as short as tells them apart. See moment-text.test.ts.
import type { Terminal } from './terminal.ts'
import { ageOf } from './validated.ts'

export interface Moments {
  /** The day of all of them, `2026-11-26 UTC`; '' where each has its own, or there is room. */
  readonly day: string
  readonly tell: (unixMs: number) => string
}

/**
 * On a terminal to the second, to the millisecond where two differ in no more, and with the day
 * where it is not the same for all; elsewhere in full, ISO 8601. All in UTC. `times`: Unix
 * milliseconds.
 */
export function momentsOf(
  times: readonly number[],
  { columns }: Pick<Terminal, 'columns'>,
): Moments {
  if (columns === undefined) return { day: '', tell: (unixMs) => new Date(unixMs).toISOString() }
  const shared = (length: number): boolean => countOf(times, length) <= 1
  // 2026-11-26T11:02:06.243Z
  const from = shared(10) ? 11 : shared(4) ? 5 : 0
  const isClose = countOf(times, 23) > countOf(times, 19)
  const to = isClose ? 23 : 19
  const day = from === 11 && times[0] !== undefined ? `${isoOf(times[0]).slice(0, 10)} UTC` : ''
  const zone = from === 11 ? '' : 'Z'
  const tell = (unixMs: number): string =>
    `${isoOf(unixMs).slice(from, to).replace('T', ' ')}${zone}`
  return { day, tell }
}

/** `4 min ago`, `in 52 min`: on a terminal, where now is now; elsewhere ISO 8601. '' for null. */
export function distanceOf(
  unixMs: number | null,
  now: number,
  { columns }: Pick<Terminal, 'columns'>,
): string {
  if (unixMs === null) return ''
  if (columns === undefined) return new Date(unixMs).toISOString()
  return unixMs > now ? `in ${ageOf(unixMs - now)}` : `${ageOf(now - unixMs)} ago`
}

/** How many there are when only so many characters of them are looked at. */
function countOf(times: readonly number[], length: number): number {
  return new Set(times.map((time) => isoOf(time).slice(0, length))).size
}

export function isoOf(unixMs: number): string {
  return new Date(unixMs).toISOString()
}
