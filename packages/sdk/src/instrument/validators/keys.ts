// Errors of where keys come from (jwks-rsa, and connections), which reach those who ask for a key.
import { record, text } from '../unknown.ts'
import type { Reason } from '../validating.ts'
import { jsonwebtokenRefusal } from './jsonwebtoken.ts'

const byName: Readonly<Record<string, Reason>> = {
  JwksError: 'jwks_unavailable',
  JwksRateLimitError: 'rate_limited',
  SigningKeyNotFoundError: 'key_unknown',
}

/** Codes of connections that fail, of Node and of undici. */
const networkForm = /^(?:E(?!RR_)[A-Z_]{3,20}|UND_ERR_[A-Z_]{1,40}|CERT_[A-Z_]{1,40})$/

/** Why there is no key; null: it is another error. */
export function keyRefusal(error: unknown): { code: string; reason: Reason } | null {
  const { name, code, cause } = record(error)
  const own = text(name) ?? ''
  if (Object.hasOwn(byName, own)) return { code: own, reason: byName[own]! }
  const network = text(code) ?? text(record(cause).code) ?? ''
  return networkForm.test(network) ? { code: network, reason: 'jwks_unavailable' } : null
}

/** Why jsonwebtoken, or who asked for its key, said no. */
export function jwtOrKeyRefusal(error: unknown): { code: string; reason: Reason } {
  return keyRefusal(error) ?? jsonwebtokenRefusal(error)
}
