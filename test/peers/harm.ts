/**
 * The hands that change what a backend holds: a record altered, one lost, one made up; and what
 * `grantlog verify` must say of it.
 */
import { expect } from '@jest/globals'
import type { BackendReport, LedgerRecord } from '@grantlog/query'
import { ATTR, type AttributeValue, type Span } from '@grantlog/record'
import { RECORD_PLACE } from '@grantlog/record/ecs'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import { rest } from './documents.ts'

/** No record of any verdict. */
export const none = { exact: 0, 'changed as known': 0, altered: 0, missing: 0, foreign: 0 }
const unknownId = '01a213e9-bd95-767b-9ac5-000000000000'

/** Of a backend with these two, and one made up: what was altered, by field, lost, made up. */
export function checkHarmed(
  report: BackendReport,
  altered: LedgerRecord,
  deleted: LedgerRecord,
): void {
  const { counts, findings, records } = report
  expect(counts).toEqual({ ...none, exact: records - 2, altered: 1, missing: 1, foreign: 1 })
  const of = (verdict: string): object => findings.find((one) => one.verdict === verdict)!
  expect(of('altered')).toMatchObject({
    ...{ index: altered.index, id: altered.leaf.id },
    fields: [
      {
        ...{ field: ATTR.OAUTH_CLIENT_ID, backend: 'mallory' },
        ledger: altered.view.attributes.get(ATTR.OAUTH_CLIENT_ID),
      },
    ],
    place: expect.stringMatching(/^\S+\/\S+$/),
  })
  expect(of('missing')).toMatchObject({ index: deleted.index, id: deleted.leaf.id })
  expect(of('foreign')).toMatchObject({ index: null, id: unknownId })
}

interface Stored {
  readonly _index: string
  readonly _id: string
  readonly _source: { [name: string]: unknown }
}

/** Writes a document; it can be found at once. */
async function put(url: string, place: string, body: object): Promise<void> {
  await rest(url, `${place}?refresh=true`, { body, expected: [200, 201] })
}

async function find(url: string, indices: string, query: object): Promise<Stored> {
  const body = { query: { term: query } }
  const answer = await rest(url, `POST ${indices}/_search`, { body })
  const { hits } = (answer as { hits: { hits: Stored[] } }).hits
  expect(hits).toHaveLength(1)
  return hits[0]!
}

/** In Jaeger's storage: one span altered, one deleted, one made up of another. */
export async function harmSpans(
  url: string,
  altered: LedgerRecord,
  deleted: LedgerRecord,
): Promise<void> {
  const span = ({ view }: LedgerRecord): Promise<Stored> =>
    find(url, '*jaeger-span-*', { spanID: view.spanId })
  const { _id, _index, _source } = await span(altered)
  const lost = await span(deleted)
  await put(url, `PUT ${_index}/_doc/${_id}`, withTag(_source, 'oauth.client.id', 'mallory'))
  await rest(url, `DELETE ${lost._index}/_doc/${lost._id}?refresh=true`)
  const madeUp = withTag(_source, 'audit.record.id', unknownId)
  await put(url, `POST ${_index}/_doc`, { ...madeUp, spanID: '7'.repeat(16) })
}

type Tag = { readonly key: string }

function withTag(source: Stored['_source'], key: string, value: string): Stored['_source'] {
  const tags = (source.tags as Tag[]).map((tag) => (tag.key === key ? { ...tag, value } : tag))
  return { ...source, tags }
}

/** The same with the documents of our own sink. */
export async function harmDocuments(
  url: string,
  altered: LedgerRecord,
  deleted: LedgerRecord,
): Promise<void> {
  const document = ({ leaf }: LedgerRecord): Promise<Stored> =>
    find(url, RECORD_PLACE.dataStream, { 'audit.record.id': leaf.id })
  const { _id, _index, _source } = await document(altered)
  const lost = await document(deleted)
  await put(url, `POST ${_index}/_update/${_id}`, { doc: { oauth: { client: { id: 'mallory' } } } })
  await rest(url, `DELETE ${lost._index}/_doc/${lost._id}?refresh=true`)
  const audit = { ...(_source.audit as object), record: { id: unknownId } }
  await put(url, `PUT ${RECORD_PLACE.dataStream}/_create/${unknownId}`, { ..._source, audit })
}

/** Sends a span as anybody can who reaches a Jaeger. */
export async function sendToJaeger(httpUrl: string, span: Span): Promise<void> {
  const scope = { name: '@grantlog/sdk', version: '', attributes: [] }
  const body = encodeTraceRequest([{ resource: [['service.name', 'login']], scope, spans: [span] }])
  const { ok } = await fetch(`${httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: body as Uint8Array<ArrayBuffer>,
  })
  expect(ok).toBe(true)
}

/** The span with these attributes instead of, or besides, its own. */
export function changed(span: Span, ...attributes: [string, AttributeValue][]): Span {
  return { ...span, attributes: new Map([...span.attributes, ...attributes]) }
}
