// Proofs of producers, each good once: a signed request that somebody saw is of no use to him. See
// producer.test.ts.
import { ed25519Verify, type Enrolment } from '@grantlog/ledger'
import { type ProducerProof, readProducerProof, RecordError } from '@grantlog/record'
import type { KeyObject } from 'node:crypto'
import { ReceiverError } from '../codes.ts'
import { createOnce } from '../once.ts'

export interface ProvenKey {
  readonly enrolment: Enrolment
  readonly publicKey: KeyObject
}

export interface ProofsOptions {
  readonly origin: string
  readonly lookup: (kid: string) => ProvenKey | undefined
  readonly proofsPerKey: number
  /** Unix milliseconds. */
  readonly now: () => number
}

export interface Proven {
  readonly key: ProvenKey
  readonly proof: ProducerProof
}

/**
 * Returns the check of one proof. A stranger costs a look-up: no signature is verified for him, and
 * nothing is remembered. A key that asks too often harms itself alone.
 *
 * Errors of it: RECEIVER_PROOF_REFUSED, RECEIVER_BUSY.
 */
export function createProofs(options: ProofsOptions): (jws: string | undefined) => Proven {
  const { lookup, now, origin, proofsPerKey } = options
  const takeOnce = createOnce({ code: 'RECEIVER_PROOF_REFUSED', perSender: proofsPerKey })

  return (jws) => {
    if (jws === undefined) throw refused('there is no Grantlog-Proof header')
    const { kid, said: proof, signature, signingInput } = read(jws)
    const key = lookup(kid)
    const nowS = Math.floor(now() / 1000)
    if (key === undefined) throw refused('its key is not enrolled')
    if (!ed25519Verify(key.publicKey, signingInput, signature)) throw refused('it is forged')
    const why = endOf(key.enrolment, nowS)
    if (why !== null) throw refused(why)
    if (proof.aud !== origin) throw refused('it is for another log')
    takeOnce(kid, proof, nowS)
    return { key, proof }
  }
}

/** The kid that a proof claims; nothing is verified. Undefined for what is none. */
export function claimedKid(jws: string | undefined): string | undefined {
  try {
    return jws === undefined ? undefined : read(jws).kid
  } catch (error) {
    if (error instanceof ReceiverError) return undefined
    throw error
  }
}

function endOf({ revoked, validFrom, validUntil }: Enrolment, nowS: number): string | null {
  if (revoked !== undefined) return 'its key was revoked'
  if (nowS < validFrom) return 'its key is not valid yet'
  return validUntil !== 0 && nowS > validUntil ? 'its key is not valid any more' : null
}

function read(jws: string): ReturnType<typeof readProducerProof> {
  try {
    return readProducerProof(jws)
  } catch (error) {
    if (error instanceof RecordError) throw refused(error.message)
    throw error
  }
}

function refused(why: string): ReceiverError {
  return new ReceiverError('RECEIVER_PROOF_REFUSED', why)
}
