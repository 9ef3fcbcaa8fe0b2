/** Everything that a Jaeger and an OpenSearch hold, as their APIs answer it, read to the end. */
import { rest } from './documents.ts'

/** A span as Jaeger's API `/api/traces` shows it. */
export interface HeldSpan {
  readonly traceId: string
  readonly spanId: string
  /** Its parent's id; null for the first one of a trace. */
  readonly parentId: string | null
  readonly service: string
  /** Their values as text. */
  readonly tags: ReadonlyMap<string, string>
  /** Name, tags, process and all else, as JSON. */
  readonly text: string
}

export interface HeldByJaeger {
  readonly spans: readonly HeldSpan[]
  /** What it answered: by services, and by traces as OTLP. */
  readonly answers: readonly Buffer[]
}

interface Tag {
  readonly key: string
  readonly value: string | number | boolean
}
interface JaegerTrace {
  readonly traceID: string
  readonly processes: { readonly [id: string]: { serviceName: string; tags: readonly Tag[] } }
  readonly spans: readonly {
    readonly spanID: string
    readonly processID: string
    readonly tags: readonly Tag[]
    readonly references: readonly { readonly refType: string; readonly spanID: string }[]
  }[]
}

/** More than any test makes: as many are an error. */
const tracesMax = 2_000
const documentsMax = 10_000

/** All traces of all services, of the last day. */
export async function heldByJaeger(queryUrl: string): Promise<HeldByJaeger> {
  const answers: Buffer[] = []
  async function ask<T>(path: string): Promise<T> {
    const response = await fetch(`${queryUrl}/api/${path}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    if (!response.ok) throw new Error(`${path}: ${response.status} ${bytes.toString()}`)
    answers.push(bytes)
    return JSON.parse(bytes.toString()) as T
  }
  const traces = new Map<string, JaegerTrace>()
  const { data: services } = await ask<{ data: string[] }>('services')
  for (const service of services) {
    const query = `service=${encodeURIComponent(service)}&limit=${tracesMax}&lookback=1d`
    const { data } = await ask<{ data: JaegerTrace[] }>(`traces?${query}`)
    if (data.length === tracesMax) throw new Error(`${service} has more than ${tracesMax} traces`)
    for (const trace of data) traces.set(trace.traceID, trace)
  }
  // The other form has what this one leaves out, such as the attributes of scopes.
  for (const traceId of traces.keys()) await ask(`v3/traces/${traceId}?raw_traces=true`)
  return { spans: [...traces.values()].flatMap(spansIn), answers }
}

function spansIn({ processes, spans, traceID }: JaegerTrace): HeldSpan[] {
  return spans.map((span) => {
    const process = processes[span.processID]!
    return {
      traceId: traceID,
      spanId: span.spanID,
      parentId: span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID ?? null,
      service: process.serviceName,
      tags: new Map(span.tags.map(({ key, value }) => [key, String(value)])),
      text: JSON.stringify({ ...span, process }),
    }
  })
}

/** A document of any index, as JSON. */
export interface HeldDocument {
  readonly index: string
  readonly text: string
}

/** All documents of all indices, hidden ones too, and what the indices themselves say. */
export async function heldByOpenSearch(
  url: string,
): Promise<{ documents: HeldDocument[]; settings: Buffer }> {
  const all = 'expand_wildcards=all'
  await rest(url, `POST _refresh?${all}`)
  const body = { query: { match_all: {} }, size: documentsMax, track_total_hits: true }
  const { hits } = (await rest(url, `POST _all/_search?${all}`, { body })) as {
    hits: { total: { value: number }; hits: { _index: string }[] }
  }
  if (hits.total.value !== hits.hits.length) throw new Error(`${hits.total.value} documents`)
  const settings = await rest(url, `GET _all?${all}`)
  return {
    documents: hits.hits.map((hit) => ({ index: hit._index, text: JSON.stringify(hit) })),
    settings: Buffer.from(JSON.stringify(settings)),
  }
}
