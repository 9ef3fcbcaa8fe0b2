// Sends what is sealed to OpenSearch or Elasticsearch: the index template and the data stream
// first, then bulk after bulk. Both servers get the same requests. See search.test.ts, and
// test/peers/search-backends.test.ts for real ones.
import { type DocumentPlace, INDEX_TEMPLATE_VERSION, indexTemplate } from '@grantlog/record/ecs'
import type { Log } from '../flow.ts'
import {
  BULK_ANSWER_PARTS,
  bulkLines,
  errorOf,
  outcomeOfBulk,
  type SearchDocument,
} from './bulk.ts'
import type { SearchAnswer, SearchClient } from './io/search-client.ts'
import { type Later, later, type SendOutcome } from './outcome.ts'

/** What the units of a kind are as documents, and where these go. */
export interface Documents<U> {
  readonly place: DocumentPlace
  readonly of: (unit: U) => SearchDocument
}

export interface SearchSenderOptions<U> {
  readonly sink: string
  readonly open: () => Promise<SearchClient>
  readonly documents: Documents<U>
  readonly log: Log
}

export interface SearchSender<U> {
  send(units: readonly U[]): Promise<SendOutcome>
  /** Ends what is under way. */
  close(): void
}

/** Its own word in what failed before any document was sent. */
type Step = 'data stream' | 'index template' | 'index'

export function createSearchSender<U>({
  documents: { of, place },
  log,
  open,
  sink,
}: SearchSenderOptions<U>): SearchSender<U> {
  let client: SearchClient | undefined
  let isPrepared = false
  const said = new Set<string>()
  /** A server that comes and goes is prepared each time; what it is needs saying once. */
  const logOnce: Log = (event) => {
    if (!said.has(event.code)) log(event)
    said.add(event.code)
  }

  async function send(units: readonly U[]): Promise<SendOutcome> {
    client ??= await open()
    const trouble = isPrepared ? null : await prepare(client, { place, sink, log: logOnce })
    isPrepared = trouble === null
    if (trouble !== null) return trouble
    const outcome = await sendBulk(client, place, units.map(of))
    // The server may be another one when it answers again, without template and data stream.
    const isWell =
      outcome.outcome === 'each' && outcome.units.every(({ outcome: of }) => of !== 'later')
    isPrepared = isWell || outcome.outcome === 'refused'
    return outcome
  }

  return { send, close: () => client?.close() }
}

async function sendBulk(
  client: SearchClient,
  { dataStream: index }: DocumentPlace,
  documents: readonly SearchDocument[],
): Promise<SendOutcome> {
  const params = { index, filter_path: BULK_ANSWER_PARTS.join() }
  const answer = await client.ask((official) =>
    official.bulk({ ...params, body: bulkLines(documents) }),
  )
  if (answer.outcome === 'later') return answer
  const { body, retryAfterMs, status } = answer
  if (status === 200) return outcomeOfBulk(body, documents.length)
  if (status === 413) return { outcome: 'refused', status }
  return later(`HTTP ${status} ${errorOf(body).type}`.trim(), retryAfterMs)
}

interface PrepareOptions {
  readonly place: DocumentPlace
  readonly sink: string
  readonly log: Log
}

/** Makes what documents need, if it is not there; null when it is. */
async function prepare(
  client: SearchClient,
  { log, place, sink }: PrepareOptions,
): Promise<Later | null> {
  const { dataStream } = place
  const stream = await client.ask(({ indices }) => indices.getDataStream({ name: dataStream }))
  // A server without data streams has another meaning for the path, and none for the method.
  const dataStreams = !isOneOf(stream, [400, 405])
  if (dataStreams && !isOneOf(stream, [200, 404])) return trouble('data stream', stream)
  if (!dataStreams)
    log({ code: 'SINK_WITHOUT_DATA_STREAM', level: 'warn', sink, index: dataStream })
  const template = await prepareTemplate(client, { dataStreams, place, sink, log })
  if (template !== null || isOneOf(stream, [200])) return template
  const made = await client.ask(({ indices }) =>
    dataStreams
      ? indices.createDataStream({ name: dataStream })
      : indices.create({ index: dataStream }),
  )
  if (isOneOf(made, [200]) || isThereAlready(made)) return null
  return trouble(dataStreams ? 'data stream' : 'index', made)
}

interface TemplateOptions extends PrepareOptions {
  readonly dataStreams: boolean
}

/** Puts the template unless there is one that is as new, or somebody's own without a version. */
async function prepareTemplate(
  client: SearchClient,
  { dataStreams, log, place, sink }: TemplateOptions,
): Promise<Later | null> {
  const { template: name } = place
  const found = await client.ask(({ indices }) => indices.getIndexTemplate({ name }))
  if (!isOneOf(found, [200, 404])) return trouble('index template', found)
  const version = found.status === 200 ? versionIn(found.body) : 0
  if (version === INDEX_TEMPLATE_VERSION) return null
  const event = { level: 'info', sink, version: version ?? 'none' } as const
  if (version === null || version > INDEX_TEMPLATE_VERSION) {
    log({ code: 'SINK_TEMPLATE_KEPT', ...event })
    return null
  }
  const body = indexTemplate({ dataStreams, place })
  const put = await client.ask(({ indices }) => indices.putIndexTemplate({ name, body }))
  if (!isOneOf(put, [200])) return trouble('index template', put)
  log({ code: 'SINK_TEMPLATE_PUT', ...event, version: INDEX_TEMPLATE_VERSION })
  return null
}

/** `_meta.version` of the template that was found; null when it has none. */
function versionIn(body: unknown): number | null {
  const { index_templates: [found] = [] } = (body ?? {}) as {
    index_templates?: { index_template?: { _meta?: { version?: unknown } } }[]
  }
  const version = found?.index_template?._meta?.version
  return typeof version === 'number' ? version : null
}

function isOneOf(
  answer: SearchAnswer | Later,
  statuses: readonly number[],
): answer is SearchAnswer {
  return answer.outcome === 'answered' && statuses.includes(answer.status)
}

/** Another receiver was faster. */
function isThereAlready(answer: SearchAnswer | Later): boolean {
  return isOneOf(answer, [400]) && errorOf(answer.body).type === 'resource_already_exists_exception'
}

function trouble(step: Step, answer: SearchAnswer | Later): Later {
  if (answer.outcome === 'later') return answer
  const { type } = errorOf(answer.body)
  return later(`HTTP ${answer.status} ${type} (${step})`.replace('  ', ' '), answer.retryAfterMs)
}
