// What an OpenSearch or Elasticsearch holds of records, in two forms: as the spans that a Jaeger
// stores there, and as the documents that our own sink writes. See search-backends.test.ts, and
// test/peers/search-verify.test.ts with real servers.
import { QueryError } from '../../codes.ts'
import type { Backend, Held, Sought } from '../backend.ts'
import { heldSpan, spanKey } from '../held-span.ts'
import { jaegerTable } from '../jaeger.ts'
import { spanInJaegerDocument } from '../jaeger-document.ts'
import { heldDocument } from '../record-document.ts'
import { type Hit, openSearchEngine, type Search, type SearchEngine } from './search-engine.ts'

export interface SearchPlace {
  /** As in reports: `opensearch` or `elasticsearch`. */
  readonly engine: string
  readonly url: string
  /** Credentials. */
  readonly headers?: Readonly<Record<string, string>>
}

type Query = Search['query']

/** One form of records in a search engine. */
interface Form {
  readonly name: string
  readonly indices: string
  readonly keyOf: (record: Sought) => string
  readonly heldIn: (hit: Hit) => Held
  /** Documents of these records. */
  readonly queryOf: (records: readonly Sought[]) => Query
  /** Documents that may claim to be records, and as much of them as tells so. */
  readonly claims: Pick<Search, 'query' | 'otherwise' | 'only'>
}

/**
 * A backend for each form that is there. Throws BACKEND_HAS_NO_RECORDS when none is, and what
 * SearchEngine throws.
 */
export async function searchBackends(place: SearchPlace): Promise<Backend[]> {
  const engine = openSearchEngine(place.url, place.headers)
  const backends: Backend[] = []
  for (const form of [jaegerSpans, records]) {
    const indices = await engine.indicesOf(form.indices)
    if (indices !== null) backends.push(backendOf(engine, place.engine, form))
  }
  if (backends.length === 0) throw new QueryError('BACKEND_HAS_NO_RECORDS')
  return backends
}

function backendOf(engine: SearchEngine, engineName: string, form: Form): Backend {
  const { claims, heldIn, indices, keyOf, name, queryOf } = form
  return {
    name: `${engineName}/${name}`,
    keyOf,
    heldOf: async (sought) => {
      const held: Held[] = []
      for await (const { complete, hits } of engine.pages({ indices, query: queryOf(sought) })) {
        if (!complete) throw new QueryError('BACKEND_ANSWER_TOO_LARGE', indices)
        held.push(...hits.map(heldIn))
      }
      return held
    },
    claims: async function* all() {
      // One by one, because one that is mapped otherwise must be asked otherwise.
      for (const index of (await engine.indicesOf(indices)) ?? []) {
        for await (const { complete, hits } of engine.pages({ indices: index, ...claims })) {
          yield { told: hits.map(heldIn), complete }
        }
      }
    },
  }
}

const placeOf = ({ id, index }: Hit): string => `${index}/${id}`

const terms = (field: string, values: Iterable<string>): Query => ({
  terms: { [field]: [...new Set(values)] },
})

const anyOf = (queries: readonly Query[]): Query => ({
  bool: { should: queries, minimum_should_match: 1 },
})

/** Whether there is such a tag in the list of tags. */
const tagged = (query: Query): Query => ({ nested: { path: 'tags', query } })

/** Spans of a Jaeger, whatever its prefix, and in its archive. */
const jaegerSpans: Form = {
  name: 'jaeger',
  indices: '*jaeger-span-*',
  keyOf: spanKey,
  heldIn: (hit) => heldSpan(spanInJaegerDocument(hit.source), jaegerTable, placeOf(hit)),
  queryOf: (records) => ({
    bool: {
      filter: [
        terms(
          'traceID',
          records.map(({ traceId }) => traceId),
        ),
        terms(
          'spanID',
          records.map(({ spanId }) => spanId),
        ),
      ],
    },
  }),
  claims: {
    query: anyOf([
      tagged({ term: { 'tags.key': 'audit.record.id' } }),
      tagged({ prefix: { 'tags.key': 'grantlog.' } }),
      tagged({
        bool: {
          filter: [
            { term: { 'tags.key': 'otel.scope.name' } },
            { prefix: { 'tags.value': '@grantlog/' } },
          ],
        },
      }),
      { exists: { field: 'tag.audit@record@id' } },
      { exists: { field: 'tag.grantlog@*' } },
      { prefix: { 'tag.otel@scope@name': '@grantlog/' } },
    ]),
    // In an index that no Jaeger made, tags are not nested, and the query is refused.
    otherwise: { match_all: {} },
    only: ['traceID', 'spanID', 'tags', 'tag'],
  },
}

/** Documents of our sink, in any namespace of its data stream: all of them claim to be records. */
const records: Form = {
  name: 'records',
  indices: 'logs-grantlog.record-*',
  keyOf: ({ id }) => id,
  heldIn: ({ id, index, source }) => heldDocument(source, { id, index }),
  queryOf: (sought) => {
    const ids = sought.map(({ id }) => id)
    return anyOf([{ ids: { values: ids } }, terms('audit.record.id', ids)])
  },
  claims: {
    query: { match_all: {} },
    only: ['trace.id', 'span.id', 'audit.record.id', 'audit.action'],
  },
}
