// What Jaeger 2 does to a span, as /api/v3 shows it with raw_traces (seen on 2.13: memory,
// Elasticsearch and OpenSearch). Nothing is changed: times are cut to microseconds by some of its
// storages, and records have whole ones (FORMAT.md 1.2). Attributes come in another order, which is
// no difference, and some are added: storages keep what is not an attribute as tags, and leave them
// behind when they read spans back; the query service remarks on what it shows.
import type { ExpectedSpan } from './expected.ts'
import type { BackendValue } from './span.ts'
import type { BackendTable, KnownAddition } from './table.ts'

const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer']

const codeOf = ({ fields }: ExpectedSpan): bigint => fields.get('status.code') as bigint

const additions: { readonly [name: string]: KnownAddition } = {
  // The memory storage keeps remarks that the query service made for an earlier reader.
  '@jaeger@warnings': (_, value) => isListOfStrings(value),
  'internal.span.format': (_, value) => value === 'otlp' || value === 'proto',
  'otel.scope.name': ({ scope }, value) => value === scope.name,
  'otel.scope.version': ({ scope }, value) => value === scope.version,
  'span.kind': ({ fields }, value) => value === kinds[Number(fields.get('kind'))],
  'otel.status_code': (span, value) => value === (codeOf(span) === 2n ? 'ERROR' : 'OK'),
  error: (span, value) => value === (codeOf(span) === 2n),
  'otel.status_description': ({ fields }, value) => value === fields.get('status.message'),
}

export const jaegerTable: BackendTable = {
  fields: {},
  attributes: [],
  added: new Map(Object.entries(additions)),
}

function isListOfStrings(value: BackendValue): boolean {
  if (typeof value !== 'object') return false
  const { arrayValue } = (value.other ?? {}) as { arrayValue?: { values?: unknown } }
  const values = arrayValue?.values
  return (
    Array.isArray(values) &&
    values.every(
      (item: unknown) =>
        typeof (item as { stringValue?: unknown } | null)?.stringValue === 'string',
    )
  )
}
