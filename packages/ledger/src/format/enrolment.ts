// Enrolments: which key may speak for which services (FORMAT.md 3.4). See enrolment.test.ts.
import {
  ATTR,
  type BatchStatement,
  fromBase64url,
  jcsBytes,
  type JsonValue,
  type Span,
} from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { requireSoundKey, thumbprint } from '../crypto.ts'
import { readMembers } from './members.ts'

/** Why a key was revoked, as in a certificate's CRLReason (RFC 5280 section 5.3.1). */
export const revocationReasons = [
  'unspecified',
  'key_compromise',
  'superseded',
  'cessation_of_operation',
] as const

export type RevocationReason = (typeof revocationReasons)[number]

/**
 * Who vouched for a key: the operator; an issuer of access tokens that the operator named; nobody,
 * it was the first one seen.
 */
export const assurances = ['configured', 'issuer-asserted', 'tofu'] as const

export type Assurance = (typeof assurances)[number]

/** The content of a `key` leaf. */
export interface Enrolment {
  readonly assurance: Assurance
  readonly audience: string
  /** Issuers the key may speak of; empty: any. Sorted, like the other lists. */
  readonly issuers: readonly string[]
  readonly kid: string
  /** b64u of 32 bytes. */
  readonly publicKey: string
  /**
   * Nothing that comes later is the key's, whatever time it was signed at: who has stolen a key
   * can write any. The leaves before stay what they were.
   */
  readonly revoked?: RevocationReason
  readonly roles: readonly string[]
  readonly services: readonly string[]
  /**
   * Since when somebody else may have had a revoked key, in Unix seconds: who reads a record that
   * was received from then on is warned.
   */
  readonly since?: number
  /** Unix seconds, as a batch's `iat`; included. */
  readonly validFrom: number
  /** Unix seconds, included; 0: no end. */
  readonly validUntil: number
}

const members = 'assurance,audience,issuers,kid,publicKey,roles,services,validFrom,validUntil'
const membersRevoked = members.replace('roles', 'revoked,roles')
const membersSince = membersRevoked.replace('validFrom', 'since,validFrom')

export function encodeEnrolment(enrolment: Enrolment): Uint8Array {
  return jcsBytes(enrolment as unknown as JsonValue)
}

/** Reads an enrolment strictly; throws LEDGER_FORMAT, or KEY_REFUSED for an unsound key. */
export function decodeEnrolment(content: Uint8Array): Enrolment {
  const json = readMembers(content)
  if (json === null) throw malformed('not canonical JSON')
  const names = Object.keys(json).join()
  if (![members, membersRevoked, membersSince].includes(names)) throw malformed('members')
  if (names !== members && !isReason(json.revoked)) throw malformed('revoked')
  if (names === membersSince && !isTime(json.since)) throw malformed('since')
  const { assurance, audience, publicKey, kid, validFrom, validUntil } = json
  if (!assurances.some((each) => each === assurance)) throw malformed('assurance')
  if (typeof audience !== 'string' || audience === '') throw malformed('audience')
  for (const list of [json.issuers, json.roles, json.services]) {
    if (!isSortedList(list)) throw malformed('a list is not sorted strings')
  }
  if (!isTime(validFrom) || !isTime(validUntil)) throw malformed('validity')
  const key = typeof publicKey === 'string' ? fromBase64url(publicKey) : null
  if (!key) throw malformed('publicKey')
  requireSoundKey(key)
  if (kid !== thumbprint(key)) throw malformed('kid is not the thumbprint of publicKey')
  return json as unknown as Enrolment
}

/** What sinks are told of records of such a key: `verified` is what an operator enrolled alone. */
export function verdictOf(
  assurance: Assurance | undefined,
): 'verified' | 'issuer-asserted' | 'tofu' {
  if (assurance === 'configured') return 'verified'
  return assurance ?? 'tofu'
}

/** What of a record its key's scope is about. */
export interface ScopedRecord {
  readonly action: string
  readonly service: string | undefined
  readonly role: string | undefined
  readonly issuer: string | undefined
  /** The adapter that saw it, of what was not signed at its source. */
  readonly observedBy: string | undefined
}

/** The role of keys for what others did: it goes with `audit.observed.by`, and nothing else. */
export const observerRole = 'observer'

/** Why a record is outside its key's scope, in words; null when it is inside (FORMAT.md 3.4). */
export function scopeBreach(
  enrolment: Enrolment,
  statement: BatchStatement,
  record: { readonly attributes: Pick<Span['attributes'], 'get'> },
): string | null {
  const text = (name: string): string | undefined => {
    const value = record.attributes.get(name)
    return value === undefined ? undefined : String(value)
  }
  const service = record.attributes.get(ATTR.AUDIT_PRODUCER_SERVICE)
  return breachOf(enrolment, statement, {
    action: String(text(ATTR.AUDIT_ACTION)),
    service: typeof service === 'string' ? service : undefined,
    role: text(ATTR.OAUTH_ROLE),
    issuer: text(ATTR.OAUTH_ISSUER),
    observedBy: text(ATTR.AUDIT_OBSERVED_BY),
  })
}

/** {@link scopeBreach} of what was read of a record already. */
export function breachOf(
  { audience, issuers, revoked, roles, services, validFrom, validUntil }: Enrolment,
  statement: BatchStatement,
  { action, service, role, issuer, observedBy }: ScopedRecord,
): string | null {
  if (revoked !== undefined) return 'the key was revoked'
  if (statement.aud !== audience) return 'signed for another audience'
  if (service === undefined || !services.includes(service)) {
    return 'the key is not enrolled for this service'
  }
  // What a producer says of itself has no role; leaving it out elsewhere must not widen a key.
  const ofItself = action.startsWith('audit.')
  if (role === undefined ? !ofItself : !roles.includes(role)) {
    return 'the key is not enrolled for this role'
  }
  if ((role === observerRole) !== (observedBy !== undefined)) {
    return 'only what an observer saw is marked as observed, and all of it'
  }
  const issuerDue = issuers.length > 0 && (role === 'authorization_server' || role === observerRole)
  if (issuer === undefined ? issuerDue : issuers.length > 0 && !issuers.includes(issuer)) {
    return 'the key is not enrolled for this issuer'
  }
  if (statement.iat < validFrom) return 'signed before the key was valid'
  if (validUntil !== 0 && statement.iat > validUntil) return 'signed after the key was valid'
  return null
}

/** Days after the end of a key's validity in which records signed before may still come. */
export const lateDaysMax = 7

/**
 * True when a record came so long after its key's validity that its own `iat` is no evidence any
 * more: whoever has an expired key can date a signature back (FORMAT.md 3.4).
 */
export function isLate({ validUntil }: Enrolment, receivedAt: number): boolean {
  return validUntil !== 0 && receivedAt > (validUntil + lateDaysMax * 86_400) * 1000
}

/**
 * Whether a record may be of somebody else, by the last enrolment of its key: its own time proves
 * nothing, for who has the key dates as he likes (FORMAT.md 3.4).
 */
export function isCompromised(
  { since }: Pick<Enrolment, 'since'>,
  { receivedAt }: { readonly receivedAt: number },
): boolean {
  return since !== undefined && receivedAt >= since * 1000
}

function isSortedList(value: JsonValue | undefined): boolean {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return false
  return value.every((item, i) => i === 0 || value[i - 1]! < item)
}

function isReason(value: JsonValue | undefined): boolean {
  return revocationReasons.some((reason) => reason === value)
}

function isTime(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function malformed(what: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', `malformed enrolment: ${what}`)
}
