// How a service proves a new key when it enrols it by an access token
// (`POST /grantlog/v1/enrol`): FORMAT.md 7.1, decision 021. See enrol.test.ts.
import { fromBase64url } from '../bytes.ts'
import { isObject } from '../canonical/jcs.ts'
import { producerProofLengthMax } from '../limits.ts'
import type { JsonValue } from '../span.ts'
import { malformed, readJws, type Sign, signJws } from './jws.ts'
import { isCount, isNonce, isText, type Unverified } from './producer.ts'

export const enrolPath = '/grantlog/v1/enrol'

const proofType = 'grantlog-enrol-proof+jwt'
const consentType = 'grantlog-enrol-consent+jwt'

/** That the sender of this request, and of this token, has the key (after RFC 9449, 4.2). */
export interface EnrolProof {
  /** b64u of SHA-256 of the access token: a proof beside another token is none. */
  readonly ath: string
  /** Origin of the log. */
  readonly aud: string
  readonly htm: 'POST'
  readonly htu: typeof enrolPath
  /** Unix seconds. */
  readonly iat: number
  /** b64u of 16 random bytes; good once. */
  readonly jti: string
  /** The new key; `x` is b64u of 32 bytes. */
  readonly jwk: { readonly crv: 'Ed25519'; readonly kty: 'OKP'; readonly x: string }
}

/** That the key in force wants the new one beside it. */
export interface EnrolConsent {
  readonly aud: string
  readonly iat: number
  /** That of the proof which it comes with. */
  readonly jti: string
  /** Kid of the new key. */
  readonly next: string
}

interface Signer {
  readonly kid: string
  readonly sign: Sign
}

const proofMembers = ['ath,aud,htm,htu,iat,jti,jwk']
const consentMembers = ['aud,iat,jti,next']

/** `x`: b64u of the new public key, whose kid and private key `signer` has. */
export function signEnrolProof(
  { ath, aud, iat, jti, x }: Omit<EnrolProof, 'htm' | 'htu' | 'jwk'> & { readonly x: string },
  { kid, sign }: Signer,
): string {
  const jwk = { crv: 'Ed25519', kty: 'OKP', x }
  const payload = { ath, aud, htm: 'POST', htu: enrolPath, iat, jti, jwk }
  return signJws({ typ: proofType, kid, payload, sign })
}

/**
 * Throws PRODUCER_MALFORMED. That `kid` is the key's, that the key is sound and that it signed are
 * left to the caller.
 */
export function readEnrolProof(jws: string): Unverified<EnrolProof> {
  const form = { typ: proofType, lengthMax: producerProofLengthMax, members: proofMembers }
  const { payload, ...rest } = readJws(jws, form)
  const { ath, aud, htm, htu, iat, jti, jwk } = payload
  if (htm !== 'POST' || htu !== enrolPath) throw malformed('of another request')
  if (!isText(aud) || !isCount(iat) || !isNonce(jti)) throw malformed('aud, iat or jti')
  if (!isBytes32(ath)) throw malformed('ath')
  if (!isObject(jwk) || Object.keys(jwk).join() !== 'crv,kty,x') throw malformed('jwk')
  const { crv, kty, x } = jwk
  if (crv !== 'Ed25519' || kty !== 'OKP' || !isBytes32(x)) throw malformed('jwk')
  return { ...rest, said: { ath, aud, htm, htu, iat, jti, jwk: { crv, kty, x } } }
}

/** By the key in force; the reverse is {@link readEnrolConsent} and a check of the signature. */
export function signEnrolConsent(
  { aud, iat, jti, next }: EnrolConsent,
  { kid, sign }: Signer,
): string {
  return signJws({ typ: consentType, kid, payload: { aud, iat, jti, next }, sign })
}

/** Throws PRODUCER_MALFORMED. */
export function readEnrolConsent(jws: string): Unverified<EnrolConsent> {
  const form = { typ: consentType, lengthMax: producerProofLengthMax, members: consentMembers }
  const { payload, ...rest } = readJws(jws, form)
  const { aud, iat, jti, next } = payload
  if (!isText(aud) || !isCount(iat) || !isNonce(jti)) throw malformed('aud, iat or jti')
  if (!isBytes32(next)) throw malformed('next')
  return { ...rest, said: { aud, iat, jti, next } }
}

function isBytes32(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && fromBase64url(value)?.length === 32
}
