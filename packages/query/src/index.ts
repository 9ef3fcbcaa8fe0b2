/**
 * The read side of Grantlog: an index to search and count by, the lineage of a grant across
 * services, and what a backend such as Jaeger or an OpenSearch holds, compared with the ledger.
 * Reads the ledger's frames and changes nothing.
 *
 * See lineage/*.test.ts and backends/*.test.ts; with real backends test/peers/backend.test.ts and
 * test/peers/search-verify.test.ts.
 *
 * @module
 */
export type { Backend, Found, Held, SearchWindow, Sought, Told } from './backends/backend.ts'
export type { Alteration, Comparison } from './backends/compare.ts'
export { heldSpan, spanKey } from './backends/held-span.ts'
export { jaegerBackend } from './backends/io/jaeger.ts'
export { searchBackends, type SearchPlace } from './backends/io/search-backends.ts'
export type {
  BackendAttributes,
  BackendSpan,
  BackendValue,
  OtherValue,
  SpanField,
} from './backends/span.ts'
export type { BackendTable, KnownAddition, KnownChange } from './backends/table.ts'
export type { ExpectedSpan, Marks } from './backends/expected.ts'
export type { BackendFinding, BackendReport, Verdict } from './backends/tally.ts'
export { type BackendOptions, verifyBackend } from './backends/verify.ts'
export { type ScopeFinding, type ScopeRow, type ScopeUse, scopesBy } from './alive/scopes.ts'
export {
  countSessions,
  isSessionIn,
  type SessionCounts,
  type SessionLife,
  type SessionLives,
  sessionsIn,
  type SessionState,
  sessionStates,
} from './alive/sessions.ts'
export {
  countTokens,
  isTokenIn,
  type TokenCounts,
  type TokenLife,
  type TokenLives,
  tokensIn,
  type TokenState,
  tokenStates,
} from './alive/tokens.ts'
export {
  type Chunk,
  type ChunkFacts,
  type Column,
  furtherName,
  type KeyPlace,
  NUMBER,
} from './columns/chunk.ts'
export type { Dictionary } from './columns/dictionary.ts'
export { catchUp, type IndexedLedger } from './columns/follow.ts'
export { openFileStore, type FileStoreOptions } from './columns/io/file-store.ts'
export { RecordCache } from './columns/record-cache.ts'
export { type Place, RecordIndex } from './columns/record-index.ts'
export { type ChunkStore, memoryStore } from './columns/store.ts'
export { compromisedSince, lastKeyEntry } from './compromised.ts'
export { QUERY_CODES, QueryError, type QueryErrorCode } from './codes.ts'
export { CSV_COLUMNS } from './export/csv.ts'
export { type Exported, type ExportOptions, exportRecords } from './export/export.ts'
export { EXPORT_FORMATS, type ExportFormat } from './export/formats.ts'
export { recordJson, withoutPersonal } from './export/json.ts'
export { EXPORT_SECRET, exportVkey } from './export/key.ts'
export { type Manifest, manifestOf, type ManifestOptions, openManifest } from './export/manifest.ts'
export { CHUNK_ROWS } from './limits.ts'
export {
  COLUMN,
  type FieldType,
  type QueryField,
  queryFields,
  shortFields,
} from './language/fields.ts'
export { complete, type Completion, quoted, type Suggestion } from './language/complete.ts'
export type { HasWord } from './language/check.ts'
export { nearest } from './language/nearest.ts'
export { parseQuery } from './language/parse.ts'
export { everything, type Query, type Test } from './language/query.ts'
export { QuerySyntaxError } from './language/syntax.ts'
export { dateOf, durationOf, timeOf } from './language/values.ts'
export { candidatesOf } from './lineage/candidates.ts'
export { type Lineage, type LineageOptions, lineageOf } from './lineage/lineage.ts'
export type { EdgeKind, LineageEdge } from './lineage/edges.ts'
export type { Flag } from './lineage/flags.ts'
export { mermaidOf } from './lineage/mermaid.ts'
export type { LineageNode } from './lineage/node.ts'
export type { Reuse, ReuseCalls } from './lineage/reuse.ts'
export { type TextLine, textOf } from './lineage/text.ts'
export { INDEX_SECRET, openReading, type Reading, type ReadingOptions } from './reading.ts'
export { reconcile, type Reconciled, type ReconcileOptions } from './reconcile/reconcile.ts'
export {
  type LogReport,
  RECONCILE_REASONS,
  type ReconcileReason,
  type ReconcileReport,
  type ToldLine,
  type ToldRecord,
  validationOf,
} from './reconcile/report.ts'
export type { Due, RoutePattern } from './reconcile/routes.ts'
export { decodeState, encodeState, type ReconcileState } from './reconcile/state.ts'
export {
  isPersonal,
  type LedgerRecord,
  recordAt,
  recordsIn,
  recordsOf,
  streamRecordAt,
} from './records.ts'
export { countFacets, type Facet, type Facets, type FacetValue } from './search/facets.ts'
export { exactly } from './search/exact.ts'
export { findPage, type FoundPage, type PageRequest } from './search/find.ts'
export { countOverTime, type Histogram } from './search/histogram.ts'
export { type Breakdown, breakDown } from './search/breakdown.ts'
export { type LatencyGroup, measureLatency } from './search/latency.ts'
export { prepare, type Prepared } from './search/matcher.ts'
export { newerRows, type NewerRows } from './search/newer.ts'
export { sweep } from './search/sweep.ts'
