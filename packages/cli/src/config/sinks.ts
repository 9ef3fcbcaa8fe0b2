// The sinks of grantlog.yaml as the receiver takes them, each header with its value from where the
// file says it is. See sinks.test.ts.
import { readFile } from 'node:fs/promises'
import type { SinkOptions } from '@grantlog/receiver'
import { CliError } from '../errors.ts'
import { endpointOf, isHeaderValue } from '../forward.ts'
import type { ConfiguredSink } from './sections/sinks.ts'

type Secret = ConfiguredSink['headersFrom'][string]

/** Errors: CONFIG_SECRET, which shows no value. */
export async function configuredSinks(
  sinks: readonly ConfiguredSink[],
  env: NodeJS.ProcessEnv,
): Promise<SinkOptions[]> {
  return Promise.all(sinks.map((sink) => configuredSink(sink, env)))
}

async function configuredSink(sink: ConfiguredSink, env: NodeJS.ProcessEnv): Promise<SinkOptions> {
  const { headersFrom, name, type } = sink
  const headers: Record<string, string> = {}
  for (const [header, secret] of Object.entries(headersFrom)) {
    headers[header.toLowerCase()] = await valueOf(secret, { at: `${name}, ${header}`, env })
  }
  const common = { name, url: endpointOf(new URL(sink.url), type), headers }
  if (sink.type === 'grantlog') {
    const { abandon, origin, receiptKey } = sink
    const pinned = { receiptKey, ...(origin && { origin }), ...(abandon && { abandon }) }
    return { ...common, ...(await sentAs(sink)), type: sink.type, ...pinned }
  }
  const { filter, personalData } = sink
  const shown = { ...common, personalData, ...(filter === undefined ? {} : { filter }) }
  if (sink.type === 'otlp') return { ...shown, ...(await sentAs(sink)), type: sink.type }
  return { ...shown, type: sink.type }
}

type SentSink = Extract<ConfiguredSink, { readonly compression: unknown }>

/** Compression, and certificates from their files. */
async function sentAs({
  compression,
  name,
  tls,
}: SentSink): Promise<{ compression: SentSink['compression']; tls?: Record<string, string> }> {
  if (tls === undefined) return { compression }
  const pem: Record<string, string> = {}
  for (const [part, file] of Object.entries(tls)) {
    if (file !== undefined) pem[part] = await fileText(file, `${name}, tls.${part}: file ${file}`)
  }
  return { compression, tls: pem }
}

async function valueOf(
  secret: Secret,
  { at, env }: { readonly at: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  const named = 'env' in secret ? `env ${secret.env}` : `file ${secret.file}`
  const text = 'env' in secret ? env[secret.env] : await fileText(secret.file, `${at}: ${named}`)
  const value = text?.replace(/\r?\n$/, '') ?? ''
  if (value === '') throw new CliError('CONFIG_SECRET', `${at}: ${named} is empty or not there`)
  if (isHeaderValue(value)) return value
  throw new CliError('CONFIG_SECRET', `${at}: ${named} has no value that a header may hold`)
}

async function fileText(path: string, at: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new CliError('CONFIG_SECRET', `${at} cannot be read (${code})`, { cause })
  }
}
