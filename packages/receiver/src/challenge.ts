// WWW-Authenticate (RFC 6750, 3) of an answer to somebody who may not send.
import { ALGORITHMS } from './callers/options.ts'
import type { ReceiverError, ReceiverCode } from './codes.ts'

const ERRORS: Partial<Record<ReceiverCode, string>> = {
  RECEIVER_CREDENTIALS_MALFORMED: 'invalid_request',
  // Whoever showed nothing is told nothing but how.
  RECEIVER_CALLER_UNKNOWN: '',
  RECEIVER_CERTIFICATE_REFUSED: '',
  RECEIVER_TOKEN_REFUSED: 'invalid_token',
  RECEIVER_SCOPE_MISSING: 'insufficient_scope',
}

/** The header's value; undefined for errors of another kind. Our messages have no quotes. */
export function challengeOf({ code, message }: ReceiverError): string | undefined {
  if (code === 'RECEIVER_DPOP_REFUSED') return dpopChallenge(message)
  const error = ERRORS[code]
  if (error === undefined) return undefined
  const realm = 'Bearer realm="grantlog"'
  return error === '' ? realm : `${realm}, error="${error}", error_description="${message}"`
}

/** RFC 9449, 7.1. */
function dpopChallenge(message: string): string {
  const error = `error="invalid_dpop_proof", error_description="${message}"`
  return `DPoP realm="grantlog", ${error}, algs="${ALGORITHMS.join(' ')}"`
}
