// The key that signs exports, made from a secret of the keystore: whoever may read the ledger may
// sign what it read, and nothing but exports. See manifest.test.ts.
import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { ed25519Sign, type Keystore, LedgerError, sha256 } from '@grantlog/ledger'
import { ed25519Signer, formatVkey, KEY_TYPE_ED25519, type NoteSigner } from '@grantlog/tlog'
import { QueryError } from '../codes.ts'

/** The name of the secret in the keystore; a ledger's writer makes it. */
export const EXPORT_SECRET = 'export'

export interface Signing {
  readonly keystore: Pick<Keystore, 'secret'>
  readonly origin: string
}

export function exportKeyName(origin: string): string {
  return `${origin}/export`
}

/** Errors: EXPORT_KEY_MISSING. */
export function exportSigner(signing: Signing): NoteSigner {
  const { privateKey, publicKey } = keyOf(signing)
  const sign = (data: Uint8Array): Uint8Array => ed25519Sign(privateKey, data)
  return ed25519Signer({ name: exportKeyName(signing.origin), publicKey, sign }, sha256)
}

/** The verifier key, one line. Errors: EXPORT_KEY_MISSING. */
export function exportVkey(signing: Signing): string {
  const { publicKey } = keyOf(signing)
  const name = exportKeyName(signing.origin)
  return formatVkey({ name, type: KEY_TYPE_ED25519, publicKey }, sha256)
}

/** PKCS #8 (RFC 8410) of an Ed25519 key, up to its 32 bytes. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyOf(signing: Signing): { privateKey: KeyObject; publicKey: Uint8Array } {
  const info = `grantlog-export-v1 ${signing.origin}`
  const seed = Buffer.from(hkdfSync('sha256', secretOf(signing), '', info, 32))
  const key = Buffer.concat([pkcs8, seed])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { privateKey, publicKey: new Uint8Array(Buffer.from(x, 'base64url')) }
}

function secretOf({ keystore }: Signing): Uint8Array {
  try {
    return keystore.secret(EXPORT_SECRET)
  } catch (cause) {
    const isMissing = cause instanceof LedgerError && cause.code === 'LEDGER_NOT_FOUND'
    throw isMissing ? new QueryError('EXPORT_KEY_MISSING', '', { cause }) : cause
  }
}
