import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { ed25519Verifier, type NoteVerifier } from '@grantlog/tlog'
import { sha256 } from '../sha256.ts'

/** A verifier of signed notes for one vkey. Throws TlogError TLOG_KEY_MALFORMED. */
export function noteVerifier(vkey: string): NoteVerifier {
  let key: KeyObject | undefined
  return ed25519Verifier(vkey, sha256, (publicKey, data, signature) => {
    const x = Buffer.from(publicKey).toString('base64url')
    key ??= createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, data, key, signature)
  })
}
