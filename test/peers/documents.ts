/** What a search server holds of records, asked without any client. */
import { setTimeout as delay } from 'node:timers/promises'
import { type DocumentPlace, type EcsDocument, LOG_PLACE, RECORD_PLACE } from '@grantlog/record/ecs'

/** A document and where it lies. */
export interface Hit {
  readonly _id: string
  readonly _index: string
  readonly _source: EcsDocument
}

interface RestOptions {
  readonly body?: object
  /** Statuses that are no failure. */
  readonly expected?: readonly number[]
}

/** One REST request, `METHOD path`. Throws for an answer that is not expected. */
export async function rest(
  url: string,
  request: string,
  { body, expected = [200] }: RestOptions = {},
): Promise<unknown> {
  const [method = '', path = ''] = request.split(' ')
  const response = await fetch(`${url}/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!expected.includes(response.status)) throw new Error(`${request}: ${text}`)
  return text === '' ? null : JSON.parse(text)
}

/** Every document that matches, with all others in view too: the index is refreshed before. */
export async function find(
  url: string,
  query: object = { match_all: {} },
  { dataStream }: DocumentPlace = RECORD_PLACE,
): Promise<Hit[]> {
  await rest(url, `POST ${dataStream}/_refresh`)
  const body = { query, size: 10_000, sort: [{ '@timestamp': 'asc' }], track_total_hits: true }
  const { hits } = (await rest(url, `POST ${dataStream}/_search`, { body })) as {
    hits: { total: { value: number }; hits: Hit[] }
  }
  if (hits.total.value !== hits.hits.length) throw new Error(`${hits.total.value} documents`)
  return hits.hits
}

/** Takes everything of ours away, as on a new server. */
export async function clear(url: string): Promise<void> {
  const gone = { expected: [200, 404, 405] }
  for (const { dataStream, template } of [RECORD_PLACE, LOG_PLACE]) {
    await rest(url, `DELETE _data_stream/${dataStream}`, gone)
    await rest(url, `DELETE ${dataStream}*`, gone)
    await rest(url, `DELETE _index_template/${template}`, gone)
  }
}

/** A sink as /readyz tells of it. */
export interface SinkAnswer {
  readonly name: string
  readonly type: string
  readonly forwarded: number
  readonly refused: number
  readonly retries: number
  readonly reason: string
  readonly lag: { readonly commits: number; readonly logs: number; readonly passThrough: number }
}

/** Asks a receiver until its sinks are as wanted. */
export async function untilSinks(
  adminEndpoint: string,
  are: (sinks: SinkAnswer[]) => boolean,
): Promise<SinkAnswer[]> {
  for (;;) {
    const { sinks } = (await (await fetch(`${adminEndpoint}/readyz`)).json()) as {
      sinks: SinkAnswer[]
    }
    if (are(sinks)) return sinks
    await delay(50)
  }
}

/** Records, log records, and for those that take them the spans that are none. */
export const haveAll = (sinks: SinkAnswer[]): boolean =>
  sinks.every(({ lag }) => lag.commits === 0 && lag.logs === 0 && lag.passThrough === 0)
