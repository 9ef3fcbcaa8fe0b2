// One entry of the quarantine: a request as it came, encrypted, with why spans of it were refused.
// See quarantine.test.ts.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Refusal } from '../flow.ts'

/** What may be told of an entry: no personal data, nothing of the spans. */
export interface EntryFacts {
  /** Unix milliseconds. */
  readonly at: number
  readonly refusals: readonly Refusal[]
  /** Keys that were not enrolled, as the request claims them. */
  readonly unknownKids: readonly string[]
}

/** Of a request whose scopes claim these keys. */
export function factsOf(
  refusals: readonly Refusal[],
  claimed: Iterable<string>,
): Omit<EntryFacts, 'at'> {
  return { refusals, unknownKids: refusals.some(isForUnknownKey) ? [...claimed] : [] }
}

export function isForUnknownKey({ code }: Refusal): boolean {
  return code === 'UNKNOWN_KEY'
}

/** What a frame of the journal holds: an entry, or which earlier ones were taken into the log. */
export type Entry =
  | { readonly kind: 'request'; readonly facts: EntryFacts; readonly body: Uint8Array }
  | { readonly kind: 'released'; readonly numbers: readonly number[] }

const nonceBytes = 12
const tagBytes = 16
const lengthBytes = 4

/** nonce ‖ AES-256-GCM of (u32 length ‖ JSON ‖ body) ‖ tag, under a key of the keystore. */
export function sealEntry(entry: Entry, key: Uint8Array): Uint8Array {
  const head = Buffer.from(
    JSON.stringify(entry.kind === 'request' ? entry.facts : { released: entry.numbers }),
  )
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(head.length)
  const body = entry.kind === 'request' ? entry.body : new Uint8Array()
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const parts = [length, head, body].map((part) => cipher.update(part))
  return Buffer.concat([nonce, ...parts, cipher.final(), cipher.getAuthTag()])
}

/** Null for what was not sealed under this key: an entry of another ledger, or a changed one. */
export function openEntry(sealed: Uint8Array, key: Uint8Array): Entry | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
    decipher.setAuthTag(sealed.subarray(-tagBytes))
    const middle = sealed.subarray(nonceBytes, -tagBytes)
    const plain = Buffer.concat([decipher.update(middle), decipher.final()])
    const end = lengthBytes + plain.readUInt32BE()
    const facts = JSON.parse(plain.toString('utf8', lengthBytes, end)) as
      EntryFacts | { readonly released: readonly number[] }
    if ('released' in facts) return { kind: 'released', numbers: facts.released }
    return { kind: 'request', facts, body: plain.subarray(end) }
  } catch {
    return null
  }
}
