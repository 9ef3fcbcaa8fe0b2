// What a service sends to enrol its own key (FORMAT.md, 7.1).
import { createHash, randomBytes, sign } from 'node:crypto'
import { base64url, signEnrolProof } from '@grantlog/record'
import type { Producer } from './producer.ts'

const origin = 'example.com/log'
const hash = (token: string): string => createHash('sha256').update(token).digest('base64url')

export const nonce = (): string => base64url(randomBytes(16))
export const signer = ({ kid, privateKey }: Producer) => ({
  kid,
  sign: (data: Uint8Array) => sign(null, data, privateKey),
})

export interface Claims {
  readonly aud?: string
  readonly ath?: string
  readonly iat?: number
  readonly jti?: string
  readonly x?: string
}

/** Of the log of the harness, now; `change` replaces what a good one has. */
export function proofOf(key: Producer, token: string, change: Claims = {}): string {
  const own = { aud: origin, ath: hash(token), iat: Math.floor(Date.now() / 1_000), jti: nonce() }
  return signEnrolProof({ ...own, x: key.enrolment.publicKey, ...change }, signer(key))
}
