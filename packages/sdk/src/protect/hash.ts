// Hashes of secrets and identifiers. A keyed hash is `<kid>.<b64url of 128 bits of HMAC-SHA-256>`:
// the same for the same value in every service that has the key, and useless to whoever has not.
import { createHash, createHmac } from 'node:crypto'
import type { HashKey } from '../config.ts'
import type { Hashes } from '../event.ts'

const hashBytes = 16

/**
 * Without a token key a token is hashed as in DPoP's `ath` (RFC 9449 section 4.2): safe, because a
 * token is long and random. What somebody typed as a token need not be, and gets no such hash.
 * Identifiers of people, sessions and grants are neither, so without a person key there is no hash
 * of them.
 */
export function createHashes(keys: {
  readonly tokenKey: HashKey | null
  readonly personKey: HashKey | null
}): Hashes {
  const { tokenKey, personKey } = keys
  const keyedToken = (token: string): string | null => tokenKey && keyedHash(tokenKey, token)
  return {
    token: (token) =>
      keyedToken(token) ?? `ath.${createHash('sha256').update(token).digest('base64url')}`,
    typedToken: keyedToken,
    person: (identifier) => (personKey === null ? null : keyedHash(personKey, identifier)),
  }
}

function keyedHash({ kid, key }: HashKey, value: string): string {
  const digest = createHmac('sha256', key).update(value).digest()
  return `${kid}.${digest.toString('base64url', 0, hashBytes)}`
}
