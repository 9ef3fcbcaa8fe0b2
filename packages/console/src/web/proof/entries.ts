// The two entries of the log that a bundle names, the record's leaf and its key's, and what the
// latter stands for: the enrolment (FORMAT.md 3.2, 3.4). Read as strictly as the ledger reads them.
import {
  base64url,
  type BatchStatement,
  concat,
  fromBase64url,
  isObject,
  type JsonValue,
  readJcs,
  utf8,
} from '@grantlog/record'
import { type Crypto, isSoundKey, thumbprint } from './crypto.ts'
import { attempt, failed, type Read } from './form.ts'
import { lateDaysMax, leafBytesMax } from './limits.ts'

export interface RecordLeaf {
  readonly type: string
  readonly id: string
  readonly kid: string
  readonly instance: string
  readonly seq: number
  readonly digest: string
  readonly receivedAt: number
}

/** Of a log record: no producer of ours signed it. */
export interface LogLeaf {
  readonly id: string
  readonly digest: string
  readonly observed: string
  readonly signature: string
  readonly receivedAt: number
}

export interface KeyLeaf {
  readonly id: string
  readonly digest: string
  readonly receivedAt: number
}

export interface Enrolment {
  readonly assurance: string
  readonly audience: string
  readonly issuers: readonly string[]
  readonly kid: string
  readonly publicKey: string
  readonly revoked?: string
  readonly roles: readonly string[]
  readonly services: readonly string[]
  readonly since?: number
  readonly validFrom: number
  readonly validUntil: number
}

/** What of a record its key's scope is about. */
export interface Scoped {
  readonly action: string
  readonly service: string | undefined
  readonly role: string | undefined
  readonly issuer: string | undefined
}

const recordTypes = new Set(['record', 'start', 'heartbeat', 'stop'])
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** What came of the signature that a log record brought. */
export const logSignatures: ReadonlySet<unknown> = new Set(['none', 'unverified', 'signed'])
const assurances = ['configured', 'issuer-asserted', 'tofu']
const enrolmentMembers =
  'assurance,audience,issuers,kid,publicKey,roles,services,validFrom,validUntil'
const revokedMembers = enrolmentMembers.replace('roles', 'revoked,roles')
const sinceMembers = revokedMembers.replace('validFrom', 'since,validFrom')

export function readRecordLeaf(entry: string): Read<RecordLeaf> {
  const leaf = readLeaf(entry, 'digest,id,instance,kid,receivedAt,seq,type,v')
  if (!leaf.ok) return leaf
  const { id, instance, kid, seq, type } = leaf.value
  if (typeof type !== 'string' || !recordTypes.has(type)) return failed('it is not of a record')
  if (typeof id !== 'string' || !uuid.test(id)) return failed('the id in it is no UUID')
  const isStream = isBytes(kid, 32) && isBytes(instance, 16) && isCount(seq)
  return isStream ? { ok: true, value: leaf.value as unknown as RecordLeaf } : failed('its stream')
}

export function readLogLeaf(entry: string): Read<LogLeaf> {
  const leaf = readLeaf(entry, 'digest,id,observed,receivedAt,signature,type,v')
  if (!leaf.ok) return leaf
  const { id, observed, signature, type } = leaf.value
  if (type !== 'log') return failed('it is of no log record')
  if (typeof id !== 'string' || !uuid.test(id)) return failed('the id in it is no UUID')
  const isObserved = isBytes(observed, 32) && logSignatures.has(signature)
  return isObserved ? { ok: true, value: leaf.value as unknown as LogLeaf } : failed('its observed')
}

export function readKeyLeaf(entry: string): Read<KeyLeaf> {
  const leaf = readLeaf(entry, 'digest,id,receivedAt,type,v')
  if (!leaf.ok) return leaf
  if (leaf.value.type !== 'key') return failed('it is not of a key')
  if (!isBytes(leaf.value.id, 32)) return failed('the id in it is no thumbprint')
  return { ok: true, value: leaf.value as unknown as KeyLeaf }
}

function readLeaf(entry: string, members: string): Read<{ [name: string]: JsonValue }> {
  const bytes = utf8(entry)
  if (bytes.length > leafBytesMax) return failed(`it is longer than ${leafBytesMax} bytes`)
  const json = attempt(() => readJcs(bytes, 'RECORD_MALFORMED', 'the entry'))
  if (!json.ok) return json
  const leaf = json.value
  if (!isObject(leaf) || Object.keys(leaf).join() !== members) return failed('its members')
  const { digest, receivedAt, v } = leaf
  if (v !== 1 || !isCount(receivedAt) || !isBytes(digest, 32)) return failed('a member of it')
  return { ok: true, value: leaf }
}

/** The content of a `key` leaf. */
export function readEnrolment(content: string, sha256: Crypto['sha256']): Read<Enrolment> {
  const read = attempt(() => readJcs(utf8(content), 'RECORD_MALFORMED', 'the enrolment'))
  if (!read.ok) return read
  const json = read.value
  const members = isObject(json) ? Object.keys(json).join() : ''
  if (!isObject(json) || ![enrolmentMembers, revokedMembers, sinceMembers].includes(members)) {
    return failed('its members')
  }
  if (members !== enrolmentMembers && typeof json.revoked !== 'string') return failed('its revoked')
  if (members === sinceMembers && !isCount(json.since)) return failed('its since')
  const { assurance, audience, publicKey, validFrom, validUntil } = json
  if (!assurances.some((each) => each === assurance)) return failed('its assurance')
  if (typeof audience !== 'string' || audience === '') return failed('its audience')
  for (const list of [json.issuers, json.roles, json.services]) {
    if (!isSortedList(list)) return failed('a list in it is not sorted')
  }
  if (!isCount(validFrom) || !isCount(validUntil)) return failed('its validity')
  const key = typeof publicKey === 'string' ? fromBase64url(publicKey) : null
  if (key === null || !isSoundKey(key)) return failed('its key is no sound Ed25519 key')
  if (json.kid !== thumbprint(key, sha256))
    return failed('its kid is not the thumbprint of its key')
  return { ok: true, value: json as unknown as Enrolment }
}

/** `b64u(SHA-256('grantlog-key-v1\n' ‖ content))`. */
export function enrolmentDigest(content: string, sha256: Crypto['sha256']): string {
  return base64url(sha256(concat(utf8('grantlog-key-v1\n'), utf8(content))))
}

/** Why a record is outside its key's scope; null when it is inside. */
export function breachOf(
  { audience, issuers, revoked, roles, services, validFrom, validUntil }: Enrolment,
  statement: BatchStatement,
  { action, issuer, role, service }: Scoped,
): string | null {
  if (revoked !== undefined) return 'the key was revoked'
  if (statement.aud !== audience) return 'the batch is for another audience than the key'
  if (service === undefined || !services.includes(service)) {
    return 'the key is not enrolled for this service'
  }
  // What a producer says of itself has no role; leaving it out elsewhere must not widen a key.
  if (role === undefined ? !action.startsWith('audit.') : !roles.includes(role)) {
    return 'the key is not enrolled for this role'
  }
  const isIssuerDue = issuers.length > 0 && role === 'authorization_server'
  if (issuer === undefined ? isIssuerDue : issuers.length > 0 && !issuers.includes(issuer)) {
    return 'the key is not enrolled for this issuer'
  }
  if (statement.iat < validFrom) return 'it was signed before the key was valid'
  if (validUntil !== 0 && statement.iat > validUntil) return 'it was signed after the key was valid'
  return null
}

/** Received so long after the key's validity that its own date is no evidence any more. */
export function isLate({ validUntil }: Enrolment, receivedAt: number): boolean {
  return validUntil !== 0 && receivedAt > (validUntil + lateDaysMax * 86_400) * 1000
}

function isSortedList(value: JsonValue | undefined): boolean {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return false
  return value.every((item, i) => i === 0 || value[i - 1]! < item)
}

function isBytes(value: JsonValue | undefined, length: number): boolean {
  return typeof value === 'string' && fromBase64url(value)?.length === length
}

function isCount(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
