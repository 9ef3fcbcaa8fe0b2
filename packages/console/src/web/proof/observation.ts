// What the receiver noted of who brought a log record (FORMAT.md 6.3), read as strictly as the
// ledger reads it.
import { base64url, concat, fromBase64url, isObject, readJcs, utf8 } from '@grantlog/record'
import type { Crypto } from './crypto.ts'
import { logSignatures } from './entries.ts'
import { attempt, failed, type Read } from './form.ts'
import { callerCharsMax } from './limits.ts'

export interface Observation {
  readonly caller: string
  readonly proof: string
  readonly signature: string
  readonly signer: string
}

const proofs: ReadonlySet<unknown> = new Set(['address', 'certificate', 'token', 'none'])

export function readObservation(text: string): Read<Observation> {
  const read = attempt(() => readJcs(utf8(text), 'RECORD_MALFORMED', 'the observation'))
  if (!read.ok) return read
  const json = read.value
  if (!isObject(json) || Object.keys(json).join() !== 'caller,proof,salt,signature,signer') {
    return failed('its members')
  }
  const { caller, proof, salt, signature, signer } = json
  if (!isName(caller) || !isName(signer)) return failed('a name in it')
  if (!proofs.has(proof) || !logSignatures.has(signature)) return failed('a word in it')
  if (typeof salt !== 'string' || fromBase64url(salt)?.length !== 16) return failed('its salt')
  if ((signature === 'signed') !== (signer !== '')) return failed('its signer')
  return { ok: true, value: json as unknown as Observation }
}

/** `b64u(SHA-256('grantlog-observed-v1\n' ‖ observation))`. */
export function observedHash(observation: string, sha256: Crypto['sha256']): string {
  return base64url(sha256(concat(utf8('grantlog-observed-v1\n'), utf8(observation))))
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= callerCharsMax
}
