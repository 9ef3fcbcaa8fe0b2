// An enrolment: which key may sign for which service, role, issuer, audience and time (FORMAT.md,
// 3.4). The file is the operator's; it is read as strictly as anything from the network, because a
// slip in it would let somebody sign for others. See enrolment.test.ts.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { base64url, fromBase64url, isObject, jcs, type JsonValue, utf8 } from '@grantlog/record'
import { ReceiverError } from '../codes.ts'
import { isSoundPublicKey } from './ed25519.ts'

const MEMBERS = 'assurance,audience,issuers,kid,publicKey,roles,services,validFrom,validUntil'

/** FORMAT.md, 3.4, with the key ready to verify and the content as its `key` leaf has it. */
export interface Enrolment {
  readonly kid: string
  readonly publicKey: KeyObject
  readonly assurance: 'configured' | 'tofu'
  readonly audience: string
  readonly issuers: readonly string[]
  readonly roles: readonly string[]
  readonly services: readonly string[]
  /** Unix milliseconds. */
  readonly validFrom: number
  /** Unix milliseconds; 0: no end. */
  readonly validUntil: number
  /** JCS bytes. */
  readonly content: Uint8Array
}

/**
 * Reads enrolled.json: an array of FORMAT.md 3.4 objects, in any JSON spelling.
 * Errors: RECEIVER_ENROLMENT_MALFORMED for the whole file, naming entry and member.
 */
export function readEnrolments(text: string): Map<string, Enrolment> {
  const list = parse(text)
  if (!Array.isArray(list)) throw malformed('not an array')
  const enrolments = new Map<string, Enrolment>()
  for (const [position, entry] of list.entries()) {
    const enrolment = readEnrolment(entry as JsonValue, position)
    if (enrolments.has(enrolment.kid)) throw malformed(`entry ${position}: its kid is there twice`)
    enrolments.set(enrolment.kid, enrolment)
  }
  return enrolments
}

function readEnrolment(entry: JsonValue, position: number): Enrolment {
  const rule = (holds: boolean, what: string): void => {
    if (!holds) throw malformed(`entry ${position}: ${what}`)
  }
  if (!isObject(entry)) throw malformed(`entry ${position}: not an object`)
  rule(Object.keys(entry).sort().join() === MEMBERS, `members are not ${MEMBERS}`)
  const { assurance, audience, kid, publicKey, validFrom, validUntil } = entry
  const [issuers, roles, services] = [entry.issuers, entry.roles, entry.services]
  const x = typeof publicKey === 'string' ? publicKey : ''
  rule(isSoundPublicKey(fromBase64url(x) ?? new Uint8Array()), 'publicKey is not a sound key')
  rule(kid === thumbprint(x), 'kid is not the thumbprint of publicKey')
  rule(assurance === 'configured' || assurance === 'tofu', 'assurance')
  rule(typeof audience === 'string' && audience !== '', 'audience')
  rule(isSortedList(issuers), 'issuers is not a sorted array of strings')
  rule(isSortedList(roles), 'roles is not a sorted array of strings')
  rule(isSortedList(services) && services.length > 0, 'services is not a sorted array of strings')
  rule(isTime(validFrom) && isTime(validUntil), 'validFrom or validUntil is not a time')
  const checked = entry as unknown as Omit<Enrolment, 'content' | 'publicKey'>
  const jwk = { kty: 'OKP', crv: 'Ed25519', x }
  return {
    ...checked,
    publicKey: createPublicKey({ key: jwk, format: 'jwk' }),
    content: utf8(jcs(entry)),
  }
}

/** RFC 7638 thumbprint of an OKP public key (RFC 8037, appendix A.3). */
export function thumbprint(x: string): string {
  const jwk = utf8(jcs({ crv: 'Ed25519', kty: 'OKP', x }))
  return base64url(createHash('sha256').update(jwk).digest())
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('not JSON')
  }
}

function isSortedList(value: JsonValue | undefined): value is string[] {
  if (!Array.isArray(value)) return false
  const items = value as readonly JsonValue[]
  return items.every((item, at) => {
    if (typeof item !== 'string' || item === '' || !item.isWellFormed()) return false
    return at === 0 || (items[at - 1] as string) < item
  })
}

function isTime(value: JsonValue | undefined): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function malformed(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_ENROLMENT_MALFORMED', detail)
}
