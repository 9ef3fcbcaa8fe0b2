// enrolled.json: an array of enrolments (FORMAT.md, 3.4), which the operator's commands write. It
// is read as strictly as anything from the network: a slip in it would let somebody sign for
// others.
// See enrolment.test.ts.
import type { KeyObject } from 'node:crypto'
import { decodeEnrolment, ed25519PublicKey, type Enrolment, LedgerError } from '@grantlog/ledger'
import { fromBase64url, jcsBytes, type JsonValue } from '@grantlog/record'
import { ReceiverError } from '../codes.ts'

/** An enrolment with its key ready to verify, and its content as the `key` leaf has it. */
export interface EnrolledKey {
  readonly kid: string
  readonly enrolment: Enrolment
  readonly publicKey: KeyObject
  readonly content: Uint8Array
}

/**
 * Reads the file, in any JSON spelling. Small-order and non-canonical keys are refused.
 * Errors: RECEIVER_ENROLMENT_MALFORMED for the whole file, naming entry and rule.
 */
export function readEnrolments(text: string): Map<string, EnrolledKey> {
  const list = parse(text)
  if (!Array.isArray(list)) throw malformed('not an array')
  const keys = new Map<string, EnrolledKey>()
  for (const [position, entry] of list.entries()) {
    const key = readEnrolment(entry as JsonValue, position)
    if (keys.has(key.kid)) throw malformed(`entry ${position}: its kid is there twice`)
    keys.set(key.kid, key)
  }
  return keys
}

function readEnrolment(entry: JsonValue, position: number): EnrolledKey {
  try {
    const content = jcsBytes(entry)
    const enrolment = decodeEnrolment(content)
    const publicKey = ed25519PublicKey(fromBase64url(enrolment.publicKey) ?? new Uint8Array())
    return { kid: enrolment.kid, enrolment, publicKey, content }
  } catch (error) {
    const rule = error instanceof LedgerError ? error.message : 'not an enrolment'
    throw malformed(`entry ${position}: ${rule}`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('not JSON')
  }
}

function malformed(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_ENROLMENT_MALFORMED', detail)
}
