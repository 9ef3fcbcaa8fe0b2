// Syslog (RFC 5424) for SIEMs that take nothing else: one message for each notice, counted octets
// before it (RFC 5425 4.3, RFC 6587 3.4.1). What it says comes from records and people, and whoever
// reads it may go by lines: no value can end its own, its element or the message. See
// syslog.test.ts, and test/peers/rsyslog.test.ts for a server that takes it.
import type { FindingLevel } from '@grantlog/ledger'
import { MAX_ALERTS_AT_ONCE, MAX_SYSLOG_BYTES, MAX_SYSLOG_VALUE_CHARS } from '../finding-limits.ts'
import { type Certificates, type Channel, type Notice, pageOf } from './channel.ts'

/** Numbers of RFC 5424 6.2.1, by the names that configurations of syslog have for them. */
export const syslogFacilities = {
  authpriv: 10,
  audit: 13,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const

export interface SyslogOptions {
  readonly name: string
  /** `tls://HOST:PORT` or `tcp://HOST:PORT`. */
  readonly url: string
  readonly level: FindingLevel
  readonly facility: keyof typeof syslogFacilities
  /** HOSTNAME of its messages: 1 to 255 visible characters of ASCII. */
  readonly hostname: string
  /** The private enterprise number in the name of its structured data (RFC 5424 7.2.2). */
  readonly enterprise: number
  readonly consoleUrl?: string | undefined
  readonly tls?: Certificates | undefined
}

type Params = readonly (readonly [name: string, value: string])[]

/** RFC 5424 6.2.1: critical, error, warning, notice, informational. */
const severities: Readonly<Record<FindingLevel, number>> = {
  ...{ critical: 2, high: 3, medium: 4, low: 5, informational: 6 },
}
/** That somebody decided wakes nobody. */
const noticeSeverity = 5
/** Of a message, what is left for its words: no ledger has longer ones (FORMAT.md 3.8). */
const wordsBytes = 4_100

export function syslog(options: SyslogOptions): Channel {
  const { level, name, tls, url } = options
  return {
    ...{ name, type: 'syslog', url, level, kinds: ['found', 'again', 'status'] },
    noticesMax: MAX_ALERTS_AT_ONCE,
    ...(tls !== undefined && { tls }),
    request: (notices) => {
      const frames = notices.map((notice) => {
        const message = messageOf(notice, options)
        return `${Buffer.byteLength(message)} ${message}`
      })
      return Promise.resolve(frames.length === 0 ? null : { headers: {}, body: frames.join('') })
    },
  }
}

function messageOf(notice: Notice, options: SyslogOptions): string {
  const { finding, kind } = notice
  const { changes, lastAt, rule } = finding
  const severity = severities[rule.level]
  const told = kind === 'status' ? Math.max(severity, noticeSeverity) : severity
  const priority = syslogFacilities[options.facility] * 8 + told
  const at = kind === 'status' ? (changes.at(-1)?.madeAt ?? lastAt) : lastAt
  // A UUID is 36 characters; MSGID has room for 32.
  const id = rule.id.replaceAll('-', '').slice(0, 32)
  const head = `<${priority}>1 ${new Date(at).toISOString()} ${options.hostname} grantlog - ${id} `
  const dataMax = MAX_SYSLOG_BYTES - Buffer.byteLength(head) - wordsBytes
  // RFC 5424 6.4: what is UTF-8 begins with a byte order mark.
  const start = `${head}${dataOf(notice, options, dataMax)} \u{FEFF}`
  return start + cutTo(visible(finding.words), MAX_SYSLOG_BYTES - Buffer.byteLength(start))
}

/**
 * Two elements: the finding, and what its records have in common. No name is there twice in one,
 * though RFC 5424 6.3.3 has it so: readers such as rsyslog's keep the last alone.
 */
function dataOf(notice: Notice, options: SyslogOptions, bytesMax: number): string {
  const { finding } = notice
  const { enterprise } = options
  const first = elementOf(`grantlog@${enterprise}`, paramsOf(notice, options), bytesMax)
  const named = new Map(finding.group.map(([name, value]) => [paramNameOf(name), value]))
  if (named.size === 0) return first
  return first + elementOf(`about@${enterprise}`, [...named], bytesMax - Buffer.byteLength(first))
}

function paramsOf({ finding, index, kind }: Notice, { consoleUrl }: SyslogOptions): Params {
  const { changes, count, id, records, rule, status, times } = finding
  const last = changes.at(-1)
  const told: readonly (readonly [name: string, value: string | undefined])[] = [
    ['id', id],
    ['kind', kind],
    ['level', rule.level],
    ['rule', rule.id],
    ['title', rule.title],
    ['status', status],
    ['times', String(times)],
    ['count', String(count)],
    ['leaf', String(finding.index)],
    ['newest', String(index)],
    ['records', records.map((one) => one.index ?? one.id).join(' ')],
    ['url', pageOf(consoleUrl, finding)],
    ['attack', rule.attack.length === 0 ? undefined : rule.attack.join(' ')],
    ['person', last?.person],
    ['note', last?.note],
  ]
  return told.filter((param): param is [string, string] => param[1] !== undefined)
}

/** RFC 5424 6.3.3: at most 32 characters of ASCII, and none that ends a name. */
function paramNameOf(attribute: string): string {
  return attribute.replaceAll(/[^!#-<>-\\^-~]/g, '_').slice(0, 32)
}

/** `cut="1"` says that a value is shorter than it was, or that the last are left out. */
function elementOf(id: string, params: Params, bytesMax: number): string {
  const end = ' cut="1"]'
  let text = `[${id}`
  let isCut = false
  let left = bytesMax - text.length - end.length
  for (const [name, whole] of params) {
    const value = Array.from(visible(whole)).slice(0, MAX_SYSLOG_VALUE_CHARS).join('')
    const param = ` ${name}="${escaped(value)}"`
    const bytes = Buffer.byteLength(param)
    isCut ||= value.length < whole.length || bytes > left
    if (bytes > left) break
    left -= bytes
    text += param
  }
  return text + (isCut ? end : ']')
}

/** RFC 5424 6.3.3. */
function escaped(value: string): string {
  return value.replaceAll(/["\\\]]/g, String.raw`\$&`)
}

/** Controls, ends of lines and what turns the direction of writing stand as U+FFFD. */
function visible(text: string): string {
  const hidden = /[\p{Cc}\p{Zl}\p{Zp}\u{202A}-\u{202E}\u{2066}-\u{2069}]/gu
  return text.toWellFormed().replaceAll(hidden, '\u{FFFD}')
}

/** Not more bytes, and no half of a character. */
function cutTo(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= bytesMax) return text
  let end = bytesMax
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
