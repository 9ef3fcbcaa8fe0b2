// Times as text, in the reader's zone or in UTC. See times.test.ts.
import { durationText } from './numbers.ts'

export type Zone = 'local' | 'utc'

function formatOf(zone: Zone): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 },
    hourCycle: 'h23',
    ...(zone === 'utc' ? { timeZone: 'UTC' } : {}),
  } as Intl.DateTimeFormatOptions)
}

const formats = { local: formatOf('local'), utc: formatOf('utc') }

function partsOf(ms: number, zone: Zone): Readonly<Record<string, string>> {
  const parts = formats[zone].formatToParts(ms)
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]))
}

/** `2026-11-26 08:12:33.123`; without the date when it is short. */
export function timeText(ms: number, zone: Zone): string {
  const { year, month, day, hour, minute, second, fractionalSecond } = partsOf(ms, zone)
  return `${year}-${month}-${day} ${hour}:${minute}:${second}.${fractionalSecond}`
}

/** Without its year where that is the year now: for lists. */
export function listText(ms: number, zone: Zone, now: number): string {
  const text = timeText(ms, zone)
  return text.slice(0, 5) === timeText(now, zone).slice(0, 5) ? text.slice(5) : text
}

export function dayText(ms: number, zone: Zone): string {
  return timeText(ms, zone).slice(0, 10)
}

export function clockText(ms: number, zone: Zone): string {
  return timeText(ms, zone).slice(11)
}

/** The whole of it: UTC with microseconds as far as they are known. */
export function isoText(ms: number): string {
  const micros = Math.round((ms - Math.floor(ms)) * 1_000)
  const iso = new Date(Math.floor(ms)).toISOString()
  return micros === 0 ? iso : `${iso.slice(0, -1)}${String(micros).padStart(3, '0')}Z`
}

/** How often the time of the page is renewed. */
export const tickMs = 5_000

/** `12 s ago`, `in 3 min`. */
export function agoText(ms: number, now: number): string {
  const away = Math.abs(now - ms)
  // `now` is renewed every few seconds: what has just happened is not about to.
  if (away < 1_000 || (ms > now && away <= tickMs)) return 'now'
  const [amount = '', unit = ''] = durationText(Math.floor(away / 1_000) * 1_000).split(' ')
  const told = `${amount} ${unit}`
  return ms <= now ? `${told} ago` : `in ${told}`
}
