// Hashes of secrets and identifiers. A keyed hash is `<kid>.<b64url of 128 bits of HMAC-SHA-256>`:
// the same for the same value in every service that has the key, and useless to whoever has not.
import { hash } from 'node:crypto'
import type { HashKey } from '../config.ts'
import type { Hashes } from '../event.ts'
import { knownLengthMax, knownPeopleMax } from '../limits.ts'

const hashBytes = 16
/** Of a block of SHA-256, and of its hash. */
const blockBytes = 64
const digestBytes = 32
/** Values that are written behind the key; a longer one gets a buffer of its own. */
const bufferedBytes = 4096

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
  const keyedToken = keys.tokenKey && keyedHash(keys.tokenKey)
  const keyedPerson = keys.personKey && keyedHash(keys.personKey)
  return {
    token: keyedToken ?? ((token) => `ath.${hash('sha256', token, 'base64url')}`),
    typedToken: keyedToken ?? (() => null),
    person: keyedPerson === null ? () => null : remembering(keyedPerson),
  }
}

/**
 * The same people, sessions and grants come again and again. Tokens do, too, but are not kept for
 * longer than needed.
 */
function remembering(hashOf: (value: string) => string): (value: string) => string {
  const known = new Map<string, string>()
  return (value) => {
    const found = known.get(value)
    if (found !== undefined) return found
    const made = hashOf(value)
    if (known.size >= knownPeopleMax) known.clear()
    if (value.length <= knownLengthMax) known.set(value, made)
    return made
  }
}

/**
 * HMAC-SHA-256 (RFC 2104) of two hashes at once each: an object for it, as `createHmac` makes one,
 * costs three times as much. See hash.test.ts, which compares both.
 */
function keyedHash({ kid, key }: HashKey): (value: string) => string {
  const secret = blockOf(key.export())
  const inner = Buffer.alloc(blockBytes + bufferedBytes)
  const outer = Buffer.alloc(blockBytes + digestBytes)
  for (let i = 0; i < blockBytes; i++) {
    inner[i] = secret[i]! ^ 0x36
    outer[i] = secret[i]! ^ 0x5c
  }
  secret.fill(0)
  const innerHash = (value: string): string => {
    if (value.length * 3 > inner.length - blockBytes) {
      const long = Buffer.concat([inner.subarray(0, blockBytes), Buffer.from(value)])
      return hash('sha256', long, 'binary')
    }
    const end = blockBytes + inner.write(value, blockBytes)
    const found = hash('sha256', inner.subarray(0, end), 'binary')
    inner.fill(0, blockBytes, end)
    return found
  }
  return (value) => {
    outer.write(innerHash(value), blockBytes, 'latin1')
    const text = hash('sha256', outer, 'base64url')
    return `${kid}.${first128Bits(text)}`
  }
}

/** A key as HMAC has it: one block, a longer key as its hash. */
function blockOf(key: Buffer): Buffer {
  const short = key.length > blockBytes ? hash('sha256', key, 'buffer') : key
  return Buffer.concat([short], blockBytes)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** base64url of 16 bytes has 22 characters, of which the last one has two bits. */
const hashChars = Math.ceil((hashBytes * 8) / 6)

function first128Bits(base64url: string): string {
  const last = alphabet.indexOf(base64url[hashChars - 1]!)
  return base64url.slice(0, hashChars - 1) + alphabet[last & 0b110000]!
}
