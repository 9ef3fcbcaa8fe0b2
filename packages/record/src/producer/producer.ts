// What a producer asks its receiver (`GET /grantlog/v1/producer`) and gets: FORMAT.md 7, decision
// 021. See producer.test.ts.
import { fromBase64url } from '../bytes.ts'
import { isObject } from '../canonical/jcs.ts'
import { producerAnswerLengthMax, producerProofLengthMax } from '../limits.ts'
import type { JsonValue } from '../span.ts'
import { malformed, readJws, type Sign, signJws, type UnverifiedJws } from './jws.ts'

export const producerPath = '/grantlog/v1/producer'

/** Asks for `limits`, too: who knows only the other members refuses an answer with more. */
export const producerQuery = 'limits=1'

const proofType = 'grantlog-producer-proof+jwt'
const answerType = 'grantlog-producer+jws'

/** That this request, and no other, is of the key that signs it (after RFC 9449 section 4.2). */
export interface ProducerProof {
  /** Origin of the log: another receiver cannot use it. */
  readonly aud: string
  readonly htm: 'GET'
  readonly htu: typeof producerPath
  /** Unix seconds. */
  readonly iat: number
  /** b64u of 16 random bytes; the answer has it, too. */
  readonly jti: string
}

/** What one request may have. */
export interface ProducerLimits {
  /** As many signatures are verified in one request. */
  readonly batchesPerRequest: number
  /** Of a body, as it is without compression. */
  readonly bytesPerRequest: number
}

/** What the receiver says to one producer, once. */
export interface ProducerAnswer {
  /** Log group of the key. */
  readonly audience: string
  /** Unix seconds, by the receiver's clock. */
  readonly iat: number
  /** Origin of the log. */
  readonly iss: string
  /** For who asked for them. */
  readonly limits?: ProducerLimits
  /** `jti` of the proof: an older answer does not fit. */
  readonly nonce: string
  /** A policy document (policy.ts); null: the receiver has none. */
  readonly policy: JsonValue
  /** Kid of the key that asked. */
  readonly sub: string
  /** Until when it may sign, Unix seconds; 0: no end. */
  readonly validUntil: number
}

export type Unverified<T> = Omit<UnverifiedJws, 'payload'> & { readonly said: T }

const proofMembers = ['aud,htm,htu,iat,jti']
const answerMembers = [
  'audience,iat,iss,limits,nonce,policy,sub,validUntil',
  'audience,iat,iss,nonce,policy,sub,validUntil',
]

/** The reverse is {@link readProducerProof} and a check of the signature. */
export function signProducerProof(
  { aud, iat, jti }: Pick<ProducerProof, 'aud' | 'iat' | 'jti'>,
  { kid, sign }: { readonly kid: string; readonly sign: Sign },
): string {
  const payload = { aud, htm: 'GET', htu: producerPath, iat, jti }
  return signJws({ typ: proofType, kid, payload, sign })
}

/** Throws PRODUCER_MALFORMED. */
export function readProducerProof(jws: string): Unverified<ProducerProof> {
  const form = { typ: proofType, lengthMax: producerProofLengthMax, members: proofMembers }
  const { payload, ...rest } = readJws(jws, form)
  const { aud, htm, htu, iat, jti } = payload
  if (htm !== 'GET' || htu !== producerPath) throw malformed('of another request')
  if (!isText(aud) || !isCount(iat) || !isNonce(jti)) throw malformed('aud, iat or jti')
  return { ...rest, said: { aud, htm, htu, iat, jti } }
}

/** The reverse is {@link readProducerAnswer} and a check of the signature. */
export function signProducerAnswer(
  answer: ProducerAnswer,
  { kid, sign }: { readonly kid: string; readonly sign: Sign },
): string {
  const { audience, iat, iss, limits, nonce, policy, sub, validUntil } = answer
  const told = limits === undefined ? {} : { limits: { ...limits } }
  const payload = { audience, iat, iss, ...told, nonce, policy, sub, validUntil }
  return signJws({ typ: answerType, kid, payload, sign })
}

/** Throws PRODUCER_MALFORMED. The policy in it is not read here. */
export function readProducerAnswer(jws: string): Unverified<ProducerAnswer> {
  const form = { typ: answerType, lengthMax: producerAnswerLengthMax, members: answerMembers }
  const { payload, ...rest } = readJws(jws, form)
  const { audience, iat, iss, nonce, policy = null, sub, validUntil } = payload
  if (!isText(audience) || !isText(iss) || !isText(sub)) throw malformed('audience, iss or sub')
  if (!isCount(iat) || !isCount(validUntil) || !isNonce(nonce)) throw malformed('a number or nonce')
  if (policy !== null && !isObject(policy)) throw malformed('policy')
  const told = payload.limits === undefined ? {} : { limits: limitsIn(payload.limits) }
  return { ...rest, said: { audience, iat, iss, ...told, nonce, policy, sub, validUntil } }
}

function limitsIn(limits: JsonValue): ProducerLimits {
  if (!isObject(limits) || Object.keys(limits).join() !== 'batchesPerRequest,bytesPerRequest') {
    throw malformed('limits')
  }
  const { batchesPerRequest, bytesPerRequest } = limits
  if (!isCount(batchesPerRequest) || !isCount(bytesPerRequest)) throw malformed('limits')
  return { batchesPerRequest, bytesPerRequest }
}

export function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 256
}

export function isNonce(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && fromBase64url(value)?.length === 16
}

export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
