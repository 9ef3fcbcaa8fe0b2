// Is a span one of the records that its batch was signed over, and may its key sign it? Nearly all
// spans are scanned (scan/scanner.ts); the others are read, which also says what is wrong.
import {
  breachOf,
  type Identities,
  identitiesIn,
  type Producer,
  recordTypeOf,
  scopeBreach,
  sha256,
} from '@grantlog/ledger'
import {
  ATTR,
  attributeDefinitions,
  type BatchStatement,
  type CanonicalRecord,
  canonicalize,
  equalBytes,
  jcsBytes,
  RecordError,
  type Span,
} from '@grantlog/record'
import { type AuditGroup, readAuditSpan } from '@grantlog/record/otlp'
import type { RefusalCode } from '../codes.ts'
import type { VerifiedBatch, VerifiedRecord } from '../flow.ts'
import { MAX_UNSIGNED_BYTES } from '../limits.ts'
import type { SigningKey } from './batch.ts'
import { claimNames } from './scan/known.ts'
import { type ScannedSpan, Scanner } from './scan/scanner.ts'
import type { Slab } from './scan/slab.ts'
import { type Said, ScannedVerified } from './scanned.ts'

type Attributes = AuditGroup['resource']

interface Batch extends Pick<VerifiedBatch, 'digests' | 'statement'> {
  readonly key: SigningKey
}

const digestBytes = 32
const scanner = new Scanner()
/** Where each claim stands in what the scanner gives. */
const at = (name: string): number => claimNames.indexOf(name)
const claim = {
  action: at(ATTR.AUDIT_ACTION),
  service: at(ATTR.AUDIT_PRODUCER_SERVICE),
  environment: at(ATTR.AUDIT_PRODUCER_ENVIRONMENT),
  version: at(ATTR.AUDIT_PRODUCER_VERSION),
  role: at(ATTR.OAUTH_ROLE),
  issuer: at(ATTR.OAUTH_ISSUER),
  observedBy: at(ATTR.AUDIT_OBSERVED_BY),
  person: at(ATTR.USER_HASH),
  user: at(ATTR.USER_ID),
  session: at(ATTR.SESSION_ID),
  actor: at(ATTR.OAUTH_ACTOR_ID),
  target: at(ATTR.AUDIT_TARGET_ID),
}

/** Returns the judge of a group's spans, each by its place among them. */
export function createJudge(
  batch: Batch,
  { messages, resource }: Pick<AuditGroup, 'messages' | 'resource'>,
  slab: Slab,
): (message: number) => VerifiedRecord | RefusalCode {
  const { digests, statement } = batch
  const signed = Buffer.from(digests.buffer, digests.byteOffset, digests.length)
  const { firstSeq } = statement
  const common = { digests: signed, firstSeq, unsigned: unsignedOf(resource) }
  const saidIn = sayingOf(batch)
  const { within } = messages
  const bytes = Buffer.from(within.buffer, within.byteOffset, within.length)
  const options = { registry: statement.registry, slab }
  return (message) => {
    const begin = messages.beginOf(message)
    const end = messages.endOf(message)
    const scanned = scanner.scan(bytes, begin, end, options)
    if (scanned === null) return judgeRead(bytes.subarray(begin, end), batch, resource)
    const { claims, digest, seq } = scanned
    if (!isInBatch(seq, statement)) return 'ALTERED'
    if (!isAt(signed, (seq - firstSeq) * digestBytes, digest)) return 'ALTERED'
    const said = saidIn(claims)
    return said === null ? 'OUT_OF_SCOPE' : new ScannedVerified(scanned, common, said)
  }
}

/** Whether a digest, as a string of Latin 1, stands there. */
function isAt(bytes: Buffer, from: number, digest: string): boolean {
  for (let i = 0; i < digestBytes; i++) {
    if (bytes[from + i] !== digest.charCodeAt(i)) return false
  }
  return true
}

/**
 * What claims say, or null when the key may not sign them. Mostly it is asked for the same ones,
 * one after the other, and gives the same objects.
 */
function sayingOf(batch: Batch): (claims: ScannedSpan['claims']) => Said | null {
  const producerOf = producers()
  const identitiesOf = whoms()
  let last: ScannedSpan['claims'] | undefined
  let said: Said | null = null
  return (claims) => {
    if (last === claims) return said
    last = claims
    said = isInScope(batch, claims)
      ? {
          type: recordTypeOf(claims[claim.action]!),
          producer: producerOf(claims),
          identities: identitiesOf(claims),
        }
      : null
    return said
  }
}

/** Whether the batch's key may sign what has these claims. */
function isInScope({ key, statement }: Batch, claims: ScannedSpan['claims']): boolean {
  const said = {
    action: claims[claim.action]!,
    service: claims[claim.service],
    role: claims[claim.role],
    issuer: claims[claim.issuer],
    observedBy: claims[claim.observedBy],
  }
  return breachOf(key.enrolment, statement, said) === null
}

/** Who made a record; the same object for the same texts, one after the other. */
function producers(): (claims: ScannedSpan['claims']) => Producer {
  let last: Producer = { service: '', environment: '', version: '' }
  return (claims) => {
    const service = claims[claim.service]!
    const environment = claims[claim.environment] ?? ''
    const version = claims[claim.version] ?? ''
    const isSame =
      last.service === service && last.environment === environment && last.version === version
    if (!isSame) last = { service, environment, version }
    return last
  }
}

/** Whom a record is about; the same object for the same texts, one after the other. */
function whoms(): (claims: ScannedSpan['claims']) => Identities {
  const none = { person: undefined, user: undefined, session: undefined }
  let last: Identities = { ...none, actor: undefined, target: undefined }
  return (claims) => {
    const person = claims[claim.person]
    const user = claims[claim.user]
    const session = claims[claim.session]
    const actor = claims[claim.actor]
    const target = claims[claim.target]
    const isSame =
      last.person === person &&
      last.user === user &&
      last.session === session &&
      last.actor === actor &&
      last.target === target
    if (!isSame) last = { person, user, session, actor, target }
    return last
  }
}

function judgeRead(
  message: Uint8Array,
  { digests, key, statement }: Batch,
  resource: Attributes,
): VerifiedRecord | RefusalCode {
  const decoded = readAuditSpan(message)
  if ('error' in decoded) return 'MALFORMED'
  const { span, unsigned } = decoded
  // Refuses a span without a record id (a UUIDv7) or a sequence number, too.
  const record = canonicalOrNull(span, statement)
  if (record === null) return 'MALFORMED'
  const { canonical, digest, slots } = record
  const id = String(span.attributes.get(ATTR.AUDIT_RECORD_ID))
  const seq = Number(span.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER))
  if (!isInBatch(seq, statement)) return 'ALTERED'
  const from = (seq - statement.firstSeq) * digestBytes
  if (!equalBytes(digests.subarray(from, from + digestBytes), digest)) return 'ALTERED'
  const attributes = coveredIn(span, statement)
  if (scopeBreach(key.enrolment, statement, { attributes }) !== null) return 'OUT_OF_SCOPE'
  // The first copy of a record is the one that is kept: it must not be one that was stripped.
  if (slots.some(({ opening }) => opening === null)) return 'WITHHELD'
  const openings = slots.map(({ slot, opening }) => ({ slot, opening: opening! }))
  const type = recordTypeOf(String(span.attributes.get(ATTR.AUDIT_ACTION)))
  return {
    ...{ type, id, seq, digest, canonical, openings },
    unsigned: unsignedPart(resource, unsigned),
    identities: identitiesIn(openings),
  }
}

/** What the signature is over: anybody may add what the batch's registry does not know yet. */
function coveredIn(
  { attributes }: Span,
  { registry }: BatchStatement,
): Pick<Span['attributes'], 'get'> {
  const isCovered = (name: string): boolean =>
    (attributeDefinitions.get(name)?.since ?? Infinity) <= registry
  return { get: (name) => (isCovered(name) ? attributes.get(name) : undefined) }
}

function isInBatch(seq: number, { firstSeq, n }: BatchStatement): boolean {
  return seq >= firstSeq && seq < firstSeq + n
}

function canonicalOrNull(span: Span, { registry }: BatchStatement): CanonicalRecord | null {
  try {
    return canonicalize(span, { registry, sha256 })
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
}

/** Of a resource alone: a producer's is the same object as long as it says the same. */
function unsignedOf(resource: Attributes): Uint8Array {
  if (last.resource !== resource) last = { resource, bytes: unsignedPart(resource, {}) }
  return last.bytes
}

let last: { readonly resource: Attributes; readonly bytes: Uint8Array } = {
  resource: {},
  bytes: new Uint8Array(),
}

/** Kept apart, because it proves nothing. What is too large to keep is dropped whole. */
function unsignedPart(resource: Attributes, span: Attributes): Uint8Array {
  if (Object.keys(resource).length + Object.keys(span).length === 0) return new Uint8Array()
  const bytes = jcsBytes({ resource, span })
  return bytes.length <= MAX_UNSIGNED_BYTES ? bytes : new Uint8Array()
}
