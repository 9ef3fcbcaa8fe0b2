// @grantlog/receiver: receives OTLP, verifies audit spans, commits them to the ledger before it
// answers, and forwards them. OTLP 1.x over HTTP and gRPC; what is signed and promised: FORMAT.md.
// Proven by receiver.test.ts over real sockets and a real ledger.
export {
  type Asking,
  type CallersOptions,
  type CertificateCaller,
  type EnrollingClient,
  type IssuerOptions,
} from './callers/options.ts'
export {
  RECEIVER_CODES,
  type ReceiverCode,
  ReceiverError,
  type RefusalCode,
  REFUSALS,
} from './codes.ts'
export { type DiskStatus, levelOf as diskLevelOf } from './disk.ts'
export type { Log, LogEvent } from './flow.ts'
export type { DeadLetter } from './forward/io/dead-letter.ts'
export type { PersonalData } from './forward/project.ts'
export { heldNames, type HeldRecord, readHeldRecords } from './forward/core/held.ts'
export { type KeptReceipt, readKeptReceipts } from './forward/core/kept.ts'
export { type CorePlaces, corePlaces } from './forward/core/places.ts'
export { placedBy } from './forward/core/watch.ts'
export { openKept, rootOf as batchRootOf } from './forward/core/receipts.ts'
export type {
  GrantlogSinkOptions,
  OtlpSinkOptions,
  SearchSinkOptions,
  ShownSinkOptions,
  ShownSinkType,
  SinkOptions,
  SinkStatus,
  SinkType,
} from './forward/sink-options.ts'
export { type Space, spaceOf } from './io/space.ts'
export { LIMITS, type Limits } from './limits.ts'
export { LOG_CODES, type LogCode, type LogCodeText } from './log-codes.ts'
export { createMetrics, type Metrics, type MetricsOptions } from './metrics/metrics.ts'
export type { CertificateStatus } from './metrics/readings.ts'
export { METRICS, type MetricDescription } from './metrics/table.ts'
export { timedFiles } from './metrics/timed-files.ts'
export {
  type AccessStatus,
  checkAccess,
  type Listener,
  type Receiver,
  type ReceiverLedger,
  type ReceiverOptions,
  type ReceiverStatus,
  type ServedTenant,
  type TenantStatus,
} from './options.ts'
export {
  deadLetters,
  forwardAgain,
  type ForwardAgainOptions,
  type ForwardedAgain,
  type ForwardedKind,
  frameOf,
  letterSources,
} from './send-again.ts'
export { notedPolicy } from './producer/policy.ts'
export { claimFileOf, encodeClaim, isAuthorName } from './producer/policy-author.ts'
export { loginName } from './io/owner.ts'
export type { TlsOptions } from './receive/io/pair.ts'
export type { TlsStatus } from './receive/io/tls.ts'
export { type EntryFacts } from './quarantine/entry.ts'
export { quarantineNames, type QuarantineStatus, readKept } from './quarantine/quarantine.ts'
export { startReceiver } from './start.ts'
export { sizeOf } from './tenancy/io/size.ts'
export type { AccountTotals, MissingWhy, StreamAccount } from './status/account.ts'
export {
  type AccountedLedger,
  createStreamAccounts,
  type StreamsPage,
  type StreamsSummary,
} from './status/streams.ts'
export {
  type NotedValidations,
  readNotedValidations,
  type ReconcileInterval,
  type ReconcileStatus,
  type ValidationStatus,
} from './validation/noted.ts'
