// Errors of jose, in the registry's words. Its codes are part of its API and do not change; its
// texts do. What an error carries of the token (`payload`) is never looked at.
import { attempt, record, text } from '../unknown.ts'

const byCode: Readonly<Record<string, string>> = {
  // Of requests for keys: no answer in time, or not the right one.
  ERR_JOSE_GENERIC: 'jwks_unavailable',
  ERR_JWKS_TIMEOUT: 'jwks_unavailable',
  ERR_JWKS_INVALID: 'jwks_unavailable',
  ERR_JWK_INVALID: 'jwks_unavailable',
  ERR_JWKS_NO_MATCHING_KEY: 'key_unknown',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'key_unknown',
  ERR_JOSE_ALG_NOT_ALLOWED: 'algorithm_not_allowed',
  ERR_JOSE_NOT_SUPPORTED: 'algorithm_not_allowed',
  ERR_JWS_INVALID: 'token_malformed',
  ERR_JWT_INVALID: 'token_malformed',
  ERR_JWE_INVALID: 'token_malformed',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'signature_invalid',
  // Encryption of a JWE is authenticated: it was not made with this key.
  ERR_JWE_DECRYPTION_FAILED: 'signature_invalid',
  ERR_JWT_EXPIRED: 'token_expired',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'claim_invalid',
}

/** Of claims that have another value than they should. */
const byClaim: Readonly<Record<string, string>> = {
  aud: 'audience_mismatch',
  iat: 'token_not_yet_valid',
  iss: 'issuer_mismatch',
  nbf: 'token_not_yet_valid',
}

const codeForm = /^ERR_[A-Z_]{1,60}$/
/** Codes of connections that fail, of Node and of undici. */
const networkForm = /^(?:E(?!RR_)[A-Z_]{3,20}|UND_ERR_[A-Z_]{1,40}|CERT_[A-Z_]{1,40})$/

/** Why a validation failed. `code` is jose's, that of a connection, or `_OTHER`. */
export function joseError(thrown: unknown): { readonly code: string; readonly reason: string } {
  const { code, cause, claim, reason } = record(thrown)
  const own = text(attempt(() => code)) ?? text(record(cause).code) ?? ''
  if (Object.hasOwn(byCode, own)) {
    // A claim that is missing or of another type is not one that says something else.
    const isOther = own === 'ERR_JWT_CLAIM_VALIDATION_FAILED' && reason === 'check_failed'
    const named = isOther && typeof claim === 'string' && Object.hasOwn(byClaim, claim)
    return { code: own, reason: named ? byClaim[claim]! : byCode[own]! }
  }
  if (networkForm.test(own)) return { code: own, reason: 'jwks_unavailable' }
  return { code: codeForm.test(own) ? own : '_OTHER', reason: 'other' }
}
