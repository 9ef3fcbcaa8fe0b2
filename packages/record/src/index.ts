/**
 * The audit record: what both ends of Grantlog must agree on, byte for byte. Attribute names, the
 * canonical form, slots that can be withheld, and the batch signature, as FORMAT.md parts 1 and 2
 * tell them (JCS RFC 8785, JWS RFC 7515 with Ed25519 RFC 9864, tree hash RFC 9162).
 *
 * Pure: no I/O and no platform API; hashing and signing are passed in, so the same code runs in a
 * browser. See canonical/record.test.ts for the claims, test/vectors for the bytes.
 *
 * @module
 */
export {
  type BatchStatement,
  type BatchToSign,
  readBatch,
  signBatch,
  type SignedBatch,
  type UnverifiedBatch,
} from './batch/batch.ts'
export { logsRoot } from './batch/logs-root.ts'
export { batchRoot } from './batch/root.ts'
export { base64url, concat, equalBytes, fromBase64url, fromHex, hex, utf8 } from './bytes.ts'
export { isObject, jcs, jcsBytes, readJcs } from './canonical/jcs.ts'
export {
  type DividedLog,
  divideLog,
  isLogSlotName,
  logContent,
  logDigestOf,
  type LogSlotName,
  logSlotNames,
  type LogView,
  openLog,
  openLogSlot,
  type SealedLog,
  sealLog,
} from './canonical/log.ts'
export { AttributeTable, placed, type RecordAttributes } from './canonical/attributes.ts'
export {
  type CanonicalRecord,
  canonicalize,
  commitmentAttribute,
  digestOf,
  saltAttribute,
  type SlotPart,
} from './canonical/record.ts'
export {
  placeOfAttribute,
  placeOfSlot,
  placesLength,
  scanRecord,
  scanSlot,
} from './canonical/scan.ts'
export { commitmentOf, isSlotName, openSlot, sealSlot, type SlotContent } from './canonical/slot.ts'
export { type BytesHash, writeSpan, type WrittenSpan } from './canonical/write.ts'
export { openRecord, type RecordView, spanFrom } from './canonical/view.ts'
export { PolicyError, RecordError, type RecordErrorCode } from './codes.ts'
export {
  attributeBytesMax,
  batchRecordsMax,
  defaultLogLimits,
  defaultOtlpLimits,
  edgeAttribute,
  edgeWordBytesMax,
  type LogLimits,
  nameBytesMax,
  type OtlpLimits,
  policyLengthMax,
  producerAnswerLengthMax,
} from './limits.ts'
export { decodeList, encodeList } from './list.ts'
export { logAttributes } from './log-attributes.ts'
export { type JsonObject, type LogForm, type LogRecord, type LogScope, textOf } from './log.ts'
export {
  ATTR,
  type AttributeDefinition,
  attributeDefinitions,
  type AttributeType,
  listAttributes,
  REGISTRY_VERSION,
  type SlotName,
  slotNames,
} from './names.ts'
export { pathOf, segmentsOf, templateOf } from './path-template.ts'
export {
  builtInPolicy,
  checkPolicy,
  guaranteeFor,
  hasBlocking,
  hasGuarantees,
  policyOf,
  readPolicy,
  ruleFor,
} from './policy.ts'
export {
  createExcess,
  type Excess,
  type ExcessOf,
  judge,
  type Judgement,
  mayDo,
} from './policy/access.ts'
export {
  encodePolicyChange,
  type PolicyAuthor,
  type PolicyChange,
  readPolicyChange,
  type SealedPolicy,
} from './policy/change.ts'
export { rolesIn } from './policy/claims.ts'
export { createDecide, createPrivilegedKind, type Decide, type Decision } from './policy/decide.ts'
export { applyLevel, minimalAttributes } from './policy/levels.ts'
export { type Operation, patchOf } from './policy/patch.ts'
export { type ClaimPath } from './policy/presets.ts'
export { type ActionView, requestOf, viewOf } from './policy/view.ts'
export type {
  Allowed,
  AuditLevel,
  AuditRule,
  Guarantee,
  PersonalData,
  Policy,
  PrivilegedKind,
  PrivilegedRule,
  RouteRule,
} from './policy/document.ts'
export {
  type ProducerAnswer,
  type ProducerLimits,
  type ProducerProof,
  producerPath,
  producerQuery,
  readProducerAnswer,
  readProducerProof,
  signProducerAnswer,
  signProducerProof,
} from './producer/producer.ts'
export {
  type EnrolConsent,
  type EnrolProof,
  enrolPath,
  readEnrolConsent,
  readEnrolProof,
  signEnrolConsent,
  signEnrolProof,
} from './producer/enrol.ts'
export { isRoute, isRouteOf, type PolicyRequest } from './policy-route.ts'
export type { AttributeValue, JsonValue, Sha256, Span } from './span.ts'
