// Is this what our receiver said to us? See follow.test.ts.
import type { NoteVerifier } from '@grantlog/tlog'
import {
  jcs,
  type Policy,
  type ProducerAnswer,
  readPolicy,
  readProducerAnswer,
} from '@grantlog/record'
import { sha256 } from '../sha256.ts'

/** Whose answers we believe, and who we are. */
export interface Trust {
  /** Of the receipt key that the credentials pin. */
  readonly verifier: NoteVerifier
  /** Of the log. */
  readonly origin: string
  /** Of our key. */
  readonly kid: string
}

/**
 * The answer, if the pinned key signed it for us; null otherwise. Whether it answers this question,
 * its nonce says.
 */
export function openAnswer(jws: string, { kid, origin, verifier }: Trust): ProducerAnswer | null {
  try {
    const { kid: by, said, signature, signingInput } = readProducerAnswer(jws)
    const isOurs = by === verifier.name && said.iss === origin && said.sub === kid
    return isOurs && verifier.verify(signingInput, signature) ? said : null
  } catch {
    return null
  }
}

/** The policy in it; null: the receiver has none. Throws PolicyError: it may be of a newer form. */
export function policyIn({ policy }: ProducerAnswer): Policy | null {
  return policy === null ? null : readPolicy(jcs(policy), sha256)
}

/** The policy of the last answer that was kept; null without one that we believe and can read. */
export function keptPolicy(kept: string | null, trust: Trust): Policy | null {
  const answer = kept === null ? null : openAnswer(kept, trust)
  try {
    return answer && policyIn(answer)
  } catch {
    return null
  }
}
