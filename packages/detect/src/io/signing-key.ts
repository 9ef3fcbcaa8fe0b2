// The key that Security Event Tokens are signed with: a private JWK for its owner alone, made
// when it is missing, and the public half beside it for who receives them. See channels.test.ts.
import { dirname } from 'node:path'
import { makeFolder, readIfThere, writeDurable } from '@grantlog/ledger'
import { utf8 } from '@grantlog/record'
import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose'
import { DetectError } from '../codes.ts'
import type { SigningKey } from '../alerts/security-events.ts'

const made = 'ES256'

/**
 * The public half is in `<path>.pub`, as a JWK Set. Throws DetectError: SIGNING_KEY_INVALID, which
 * quotes nothing of the key. Other errors: the system's.
 */
export async function signingKey(path: string): Promise<SigningKey> {
  const bytes = await readIfThere(path)
  const jwk = bytes === null ? await makeKey(path) : null
  try {
    return await keyOf(jwk ?? (JSON.parse(textOf(bytes!)) as JWK))
  } catch {
    // Without its cause: what JSON.parse says has a part of the text.
    throw new DetectError('SIGNING_KEY_INVALID', path)
  }
}

async function keyOf(jwk: JWK): Promise<SigningKey> {
  const alg = jwk.alg ?? made
  const kid = jwk.kid ?? (await calculateJwkThumbprint(jwk))
  const key = (await importJWK(jwk, alg)) as CryptoKey
  // A public one would be told only when the first session is to be ended.
  if (key.type !== 'private') throw new TypeError('not private')
  return { key, alg, kid }
}

async function makeKey(path: string): Promise<JWK> {
  const { privateKey, publicKey } = await generateKeyPair(made, { extractable: true })
  const about = { alg: made, use: 'sig', kid: await calculateJwkThumbprint(publicKey) }
  const jwk = { ...(await exportJWK(privateKey)), ...about }
  const keys = [{ ...(await exportJWK(publicKey)), ...about }]
  await makeFolder(dirname(path), 0o700)
  // The public half first: a private one without it could not be told to anybody.
  await writeDurable(`${path}.pub`, utf8(`${JSON.stringify({ keys }, null, 2)}\n`))
  await writeDurable(path, utf8(JSON.stringify(jwk)), { mode: 0o600 })
  return jwk
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
