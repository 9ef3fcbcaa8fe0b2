// The sinks that --forward, --opensearch and --elasticsearch name, and the headers that they get.
// See forward.test.ts.
import { createHash } from 'node:crypto'
import type { PersonalData, ShownSinkOptions, ShownSinkType, SinkType } from '@grantlog/receiver'
import { CliError } from './errors.ts'
import { maskedUrl } from './masked.ts'
import { printable } from './printable.ts'

interface SinkFlag {
  readonly flag: string
  /** Environment variable with headers for every sink of the flag. */
  readonly headersVariable: string
}

/** Each kind of sink has its flag, and credentials of its own. */
export const SINK_FLAGS: Readonly<Record<ShownSinkType, SinkFlag>> = {
  otlp: { flag: '--forward', headersVariable: 'GRANTLOG_FORWARD_HEADERS' },
  opensearch: { flag: '--opensearch', headersVariable: 'GRANTLOG_OPENSEARCH_HEADERS' },
  elasticsearch: { flag: '--elasticsearch', headersVariable: 'GRANTLOG_ELASTICSEARCH_HEADERS' },
}

export interface SinkRequest {
  /** As the command names it; default that of the receiver. */
  readonly flag?: string
  readonly type: ShownSinkType
  readonly personalData: PersonalData
  readonly headers: Readonly<Record<string, string>>
}

export interface SinkFlags {
  readonly forward: readonly string[]
  readonly opensearch: readonly string[]
  readonly elasticsearch: readonly string[]
  readonly personalData: PersonalData
}

/** Every sink of the command line. Errors: FORWARD_INVALID, FORWARD_HEADERS_INVALID. */
export function sinksOf(flags: SinkFlags, env: NodeJS.ProcessEnv): ShownSinkOptions[] {
  const { elasticsearch, forward, opensearch, personalData } = flags
  const urls = { otlp: forward, opensearch, elasticsearch }
  return (Object.keys(urls) as ShownSinkType[]).flatMap((type) => {
    const { headersVariable } = SINK_FLAGS[type]
    if (urls[type].length === 0) return []
    const headers = headersOf(env[headersVariable], headersVariable)
    return urls[type].map((url) => sinkOf(url, { type, headers, personalData }))
  })
}

/**
 * A sink of a URL. Its files are named after the URL, so that it finds its offset again. Errors:
 * FORWARD_INVALID, which never shows a password.
 */
export function sinkOf(text: string, request: SinkRequest): ShownSinkOptions {
  const { headers, personalData, type } = request
  const { headersVariable } = SINK_FLAGS[type]
  const flag = request.flag ?? SINK_FLAGS[type].flag
  const url = URL.parse(text)
  const shown = `${flag} ${printable(maskedUrl(text))}`
  const schemes = type === 'otlp' ? /^(https?|grpcs?):$/ : /^https?:$/
  if (!url || url.host === '' || !schemes.test(url.protocol)) {
    throw new CliError('FORWARD_INVALID', `${shown}: it is no URL of an endpoint`)
  }
  if (url.username !== '' || url.password !== '') {
    const fix = `Take them out of the URL and set ${headersVariable}='authorization=Basic …'.`
    throw new CliError('FORWARD_INVALID', `${shown}: credentials in URLs are refused`, { fix })
  }
  if (type !== 'otlp' && url.search + url.hash !== '') {
    throw new CliError('FORWARD_INVALID', `${shown}: it has more than a path`)
  }
  const endpoint = endpointOf(url, type)
  const host = url.host
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  const tail = createHash('sha256').update(endpoint).digest('hex').slice(0, 8)
  const name = `${type === 'otlp' ? '' : `${type}-`}${host}-${tail}`
  const sink = { name, type, url: endpoint, personalData }
  return Object.keys(headers).length === 0 ? sink : { ...sink, headers }
}

/** As OTEL_EXPORTER_OTLP_ENDPOINT: a base URL gets the signal's path. */
export function endpointOf(url: URL, type: SinkType): string {
  const endpoint = new URL(url)
  if ((type === 'otlp' || type === 'grantlog') && endpoint.pathname === '/')
    endpoint.pathname = '/v1/traces'
  return endpoint.href
}

/**
 * Headers of `name=value,name=value`; values percent-encoded where they hold a comma, as in
 * OTEL_EXPORTER_OTLP_HEADERS. Errors: FORWARD_HEADERS_INVALID, which shows none of it.
 */
export function headersOf(text: string | undefined, variable: string): Record<string, string> {
  const parts = (text ?? '').split(',').map((part) => part.trim())
  const filled = parts.filter((part) => part !== '')
  return Object.fromEntries(
    filled.map((part, index) => headerOf(part, `${variable}: part ${index + 1}`)),
  )
}

function headerOf(part: string, place: string): [name: string, value: string] {
  const [, name = '', encoded = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? []
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name.trim())) {
    throw new CliError('FORWARD_HEADERS_INVALID', `${place} has no name of a header before a =`)
  }
  const value = decoded(encoded.trim())
  if (value === null || !isHeaderValue(value)) {
    throw new CliError('FORWARD_HEADERS_INVALID', `${place} has no value that a header may hold`)
  }
  return [name.trim().toLowerCase(), value]
}

/** RFC 9110, 5.5. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]+$/.test(text)
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
