// A line of an access log in combined or common format, as Apache and nginx write it, and morgan of
// Node (https://httpd.apache.org/docs/2.4/logs.html). What stands behind is not looked at: many
// logs have more fields. See line.test.ts.
//
// A line is what strangers sent. Of it only time, method, path and status go further; the rest,
// such as addresses, users, queries and referrers, ends here.

/** What counts of a request. */
export interface LogLine {
  /** Unix milliseconds; a whole second, in which it was written, or the request came. */
  readonly timeMs: number
  readonly method: string
  /** The request target, unescaped, with its query. */
  readonly target: string
  /** null: no answer was sent. */
  readonly status: number | null
}

/** `none`: the web server answered something that was no HTTP request. */
export type ParsedLine = LogLine | 'none' | 'malformed'

const timeForm = /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)/
const headForm = new RegExp(`^\\S+ \\S+ .{1,512}? \\[${timeForm.source}\\] "`)
const requestForm = /^(\S+) (\S+)(?: HTTP\/\d(?:\.\d)?)?" (\d{3}|-) (?:\d+|-)(?: |$)/
const otherForm = /^(?:[^"\\]|\\.)*" (?:\d{3}|-) (?:\d+|-)(?: |$)/
const methodForm = /^[A-Z][A-Z-]{0,31}$/
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** Reads a line without its end. Linear in its length. */
export function parseLine(line: string): ParsedLine {
  const head = headForm.exec(line)
  const timeMs = head && timeOf(head)
  if (head === null || timeMs === null) return 'malformed'
  const rest = line.slice(head[0].length)
  const request = requestForm.exec(rest)
  if (request === null) return otherForm.test(rest) ? 'none' : 'malformed'
  const [, method = '', target = '', status] = request
  if (!methodForm.test(method)) return 'none'
  return {
    timeMs,
    method,
    target: unescaped(target),
    status: status === '-' ? null : Number(status),
  }
}

function timeOf([, ...parts]: RegExpExecArray): number | null {
  const [day, name, year, hour, minute, second, sign, zoneHour, zoneMinute] = parts
  const month = months.indexOf(name!)
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  const zone = Number(zoneHour) * 60 + Number(zoneMinute)
  // 60: a leap second.
  if (month < 0 || h > 23 || m > 59 || s > 60 || Number(zoneMinute) > 59 || zone > 14 * 60) {
    return null
  }
  const time = Date.UTC(Number(year), month, Number(day), h, m, s)
  if (new Date(time - s * 1000).getUTCDate() !== Number(day)) return null
  return time - (sign === '-' ? -1 : 1) * zone * 60_000
}

/** Apache writes `\"`, `\\` and `\xhh`, nginx `\xhh`; each byte by itself. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:x([0-9A-Fa-f]{2})|(.))/g, (_, hex: string | undefined, one: string) =>
    hex === undefined ? one : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}
