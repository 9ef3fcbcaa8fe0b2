/**
 * The tamper-evident ledger: committed records become leaves of a transparency log. FORMAT.md part
 * 3 tells the bytes; C2SP tlog-tiles, tlog-checkpoint and signed-note are the standards.
 *
 * One process writes (`openLedger`); anybody may read and check (`audit`), also offline and without
 * the keys. See ledger.test.ts, audit/audit.test.ts, test/crash and test/tamper.
 *
 * @module
 */
export { audit, type AuditOptions, type AuditReport } from './audit/audit.ts'
export type { Compromised } from './audit/compromised.ts'
export { type Finding, type FindingCode, findingCodes } from './audit/findings.ts'
export type { AnewReason, ResumeOptions } from './audit/resume.ts'
export type { SealedValidation } from './audit/stored.ts'
export { auditTreeOnly, type TreeReport } from './audit/tree-only.ts'
export { LedgerError, type LedgerErrorCode, ledgerFixes } from './codes.ts'
export { type ChainLink, Chains } from './commit/chains.ts'
export type {
  BatchToCommit,
  Committed,
  ContentToCommit,
  LaidRecord,
  Producer,
  RecordToCommit,
  Shown,
  ShownCommit,
  ShownRecord,
} from './commit/items.ts'
export type { LogToCommit } from './commit/logs.ts'
export type { NumberRange } from './commit/positions.ts'
export { nameOf as streamName, type StreamName, type StreamState } from './commit/stream.ts'
export { Streams, type StreamTotals } from './commit/streams.ts'
export { type Identities, identitiesIn, isOfOther } from './commit/subjects.ts'
export { digitsOf, putDecimal, putHash } from './format/ascii.ts'
export { type DividedOpenings, joinOpenings, type SlotOpening } from './format/outline.ts'
export {
  base64urlOf,
  type Ed25519Jwk,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  generateEd25519,
  importEd25519,
  requireSoundKey,
  sha256,
  thumbprint,
} from './crypto.ts'
export { type Merkle, merkle } from './merkle.ts'
export { columnOf, commitRows, CommitRows, traceColumn, valueNumbersMax } from './rows.ts'
export { type Disk, localDisk } from './io/disk.ts'
export { commitFolder, type Folders, foldersUnder, isTenantName } from './folders.ts'
export {
  type Assurance,
  breachOf,
  decodeEnrolment,
  encodeEnrolment,
  type Enrolment,
  isCompromised,
  isLate,
  type RevocationReason,
  revocationReasons,
  scopeBreach,
  verdictOf,
} from './format/enrolment.ts'
export {
  type ContentLeaf,
  decodeLeaf,
  encodeLeaf,
  type FrameLeaf,
  isRecordLeaf,
  type Leaf,
  type LogLeaf,
  type LogSignature,
  type RecordLeaf,
  type RecordType,
  recordTypeOf,
  type UnclosedLeaf,
} from './format/leaf.ts'
export {
  decodeFinding,
  decodeFindingOf,
  encodeFinding,
  type FindingChange,
  type FindingContent,
  type FindingGroup,
  type FindingLevel,
  findingLevels,
  findingOf,
  type FindingRecord,
  type FindingRule,
  type FindingSilence,
  type FindingStatus,
  findingStatuses,
  type Found,
  type FoundAgain,
} from './format/finding.ts'
export {
  decodeSinkChange,
  encodeSinkChange,
  type SinkChange,
  type SinkCondition,
} from './format/sink.ts'
export {
  decodeValidation,
  encodeValidation,
  type Validation,
  type ValidationLines,
  type ValidationStreams,
  type ValidationVerdict,
} from './format/validation.ts'
export {
  decodeObservation,
  type EdgeWord,
  isEdgeWord,
  logBreach,
  type Observation,
} from './format/observation.ts'
export type { BatchEvidence } from './format/plaintext.ts'
export {
  type LogReceipt,
  logReceiptTitle,
  openLogReceipt,
  type ReceiptedLog,
} from './format/log-receipt.ts'
export {
  openRefusal,
  refusalTitle,
  type RefusedLog,
  type RefusedPart,
  type RefusedRun,
  type SignedRefusal,
} from './format/refusal.ts'
export { openReceipt, type Receipt, receiptKeyName } from './format/receipt.ts'
export type { DiskState } from './full-disk.ts'
export { makeFolder, readIfThere, writeDurable } from './io/durable.ts'
export { changeEnrolledFile, readEnrolledFile } from './io/enrolled.ts'
export {
  type HandedOver,
  type HandoverType,
  handOver,
  type Handover,
  handoverFolder,
  isNothingHandedOver,
  type Sealed,
  sealHandedOver,
  waitingHandovers,
} from './io/handover.ts'
export { SealedBefore } from './io/sealed-before.ts'
export { type Keystore, openKeystore } from './io/keystore.ts'
export { type LogPublicKeys, readPublicKeys, readRootKey } from './io/log-keys.ts'
export { readServedTile } from './io/served-tile.ts'
export { readVerifier } from './io/verifier.ts'
export { Ledger, type LedgerOptions } from './ledger.ts'
export {
  ballastBytes,
  enrolledBytesMax,
  missingRangesMax,
  newSubjectsPerMinuteMax,
  receiptedLogsMax,
  refusedLinesMax,
  silentMinutesMax,
} from './limits.ts'
export { type Mended, mendLedger } from './mend.ts'
export { createLedger, ledgerExists, openLedger } from './open.ts'
export {
  type Bundle,
  type BundleOptions,
  type BundleReport,
  checkBundle,
  makeBundle,
  makeBundleOf,
  makeBundles,
  readRevocations,
} from './prove/bundle.ts'
export {
  checkLogBundle,
  type LogBundle,
  type LogBundleReport,
  makeLogBundle,
  makeLogBundleOf,
} from './prove/log-bundle.ts'
export type { Frame, FrameEntry, PlainFrame } from './prove/frames.ts'
export { type LedgerReader, openReader } from './reader.ts'
