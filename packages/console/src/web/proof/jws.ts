// The batch's JWS: header and signature. Its payload is read by `readBatch` of @grantlog/record.
import { fromBase64url, isObject, jcs, readJcs, utf8 } from '@grantlog/record'
import { attempt, failed, type Read } from './form.ts'

/** A JWS taken apart; nothing of it is believed. */
export interface Signed {
  readonly kid: string
  readonly input: Uint8Array
  readonly signature: Uint8Array
}

const typ = 'grantlog-batch+jws'

/** Header and signature; the payload is read by `readBatch`. */
export function readSigned(jws: string): Read<Signed> {
  const parts = jws.split('.', 4)
  const [header, payload, signature] = parts.map((part) => fromBase64url(part))
  if (parts.length !== 3 || !header || !payload || signature?.length !== 64) {
    return failed('the batch is no compact JWS with a signature of 64 bytes')
  }
  const read = attempt(() => readJcs(header, 'BATCH_MALFORMED', 'the header'))
  if (!read.ok) return read
  const json = read.value
  if (!isObject(json) || typeof json.kid !== 'string') return failed('the header names no key')
  const { kid } = json
  if (jcs(json) !== jcs({ alg: 'Ed25519', kid, typ })) return failed('the header is another')
  return { ok: true, value: { kid, input: utf8(`${parts[0]}.${parts[1]}`), signature } }
}
