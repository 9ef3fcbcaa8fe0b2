// The sinks of grantlog.yaml as the receiver takes them, each header with its value from where the
// file says it is. See sinks.test.ts.
import type { SinkOptions } from '@grantlog/receiver'
import { endpointOf } from '../forward.ts'
import { certificatesIn, secretValue } from './secret-value.ts'
import type { ConfiguredSink } from './sections/sinks.ts'

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
    headers[header.toLowerCase()] = await secretValue(secret, { at: `${name}, ${header}`, env })
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
  const read = await certificatesIn(tls, name)
  return { compression, ...(read !== undefined && { tls: read }) }
}
