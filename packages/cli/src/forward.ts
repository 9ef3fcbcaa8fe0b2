// The sinks that --forward names, and the headers that they get. See forward.test.ts.
import { createHash } from 'node:crypto'
import type { PersonalData, SinkOptions } from '@grantlog/receiver'
import { CliError } from './errors.ts'
import { maskedUrl } from './masked.ts'
import { printable } from './terminal.ts'

/** Environment variable with headers for every sink. */
export const HEADERS_VARIABLE = 'GRANTLOG_FORWARD_HEADERS'

export interface SinkRequest {
  readonly personalData: PersonalData
  readonly headers: Readonly<Record<string, string>>
}

/**
 * A sink of a URL. Its files are named after the URL, so that it finds its offset again. Errors:
 * FORWARD_INVALID, which never shows a password.
 */
export function sinkOf(text: string, { headers, personalData }: SinkRequest): SinkOptions {
  const url = URL.parse(text)
  const shown = printable(maskedUrl(text))
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CliError('FORWARD_INVALID', `${shown}: it is no http or https URL`)
  }
  if (url.username !== '' || url.password !== '') {
    const fix = `Take them out of the URL and set ${HEADERS_VARIABLE}='authorization=Basic …'.`
    throw new CliError('FORWARD_INVALID', `${shown}: credentials in URLs are refused`, { fix })
  }
  // As OTEL_EXPORTER_OTLP_ENDPOINT: a base URL gets the signal's path.
  if (url.pathname === '/') url.pathname = '/v1/traces'
  const host = url.host
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  const tail = createHash('sha256').update(url.href).digest('hex').slice(0, 8)
  const sink = { name: `${host}-${tail}`, url: url.href, personalData }
  return Object.keys(headers).length === 0 ? sink : { ...sink, headers }
}

/**
 * Headers of `name=value,name=value`; values percent-encoded where they hold a comma, as in
 * OTEL_EXPORTER_OTLP_HEADERS. Errors: that of `refuse`, which is told the place and not the text.
 */
export function headersOf(
  text: string | undefined,
  refuse: Refuse = (what) => new CliError('FORWARD_HEADERS_INVALID', what),
): Record<string, string> {
  const parts = (text ?? '').split(',').map((part) => part.trim())
  const filled = parts.filter((part) => part !== '')
  return Object.fromEntries(
    filled.map((part, index) => headerOf(part, (what) => refuse(`part ${index + 1} ${what}`))),
  )
}

type Refuse = (what: string) => CliError

function headerOf(part: string, refuse: Refuse): [name: string, value: string] {
  const [, name = '', encoded = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? []
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name.trim())) {
    throw refuse('has no name of a header before a =')
  }
  const value = decoded(encoded.trim())
  // What a header may hold: RFC 9110, 5.5.
  if (value === null || !/^[\t\x20-\x7e\x80-\xff]+$/.test(value)) {
    throw refuse('has no value that a header may hold')
  }
  return [name.trim().toLowerCase(), value]
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
