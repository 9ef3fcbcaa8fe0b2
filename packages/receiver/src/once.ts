// What is good once: the `jti`s of signed questions, remembered while their time would do. A sender
// that asks too often harms itself alone. See the tests of producer/ and enrolment/.
import { ReceiverError, type ReceiverCode } from './codes.ts'
import { PROOF_SKEW_S } from './limits.ts'

export interface OnceOptions {
  /** Proofs of one sender that are remembered. → 503 */
  readonly perSender: number
  /** The code of a proof that is refused. */
  readonly code: ReceiverCode
}

/**
 * Returns the check of a verified proof's time, and that it was not shown before. `sender` is known
 * already: there are as many as keys, or clients, in the configuration.
 *
 * Errors of it: `code`, RECEIVER_BUSY.
 */
export function createOnce({
  code,
  perSender,
}: OnceOptions): (
  sender: string,
  proof: { readonly iat: number; readonly jti: string },
  nowS: number,
) => void {
  /** By sender: `jti`s with the second after which they are too old by themselves. */
  const seen = new Map<string, Map<string, number>>()
  return (sender, { iat, jti }, nowS) => {
    if (Math.abs(iat - nowS) > PROOF_SKEW_S) {
      throw new ReceiverError(code, `its clock is ${iat - nowS} s from ours`)
    }
    const ofSender = seen.get(sender) ?? new Map<string, number>()
    seen.set(sender, ofSender)
    // Nearly in the order of their times: one behind a younger one stays a while longer.
    for (const [old, until] of ofSender) {
      if (until >= nowS) break
      ofSender.delete(old)
    }
    if (ofSender.has(jti)) throw new ReceiverError(code, 'it was used before')
    if (ofSender.size >= perSender) throw new ReceiverError('RECEIVER_BUSY', 'this key asks often')
    ofSender.set(jti, iat + PROOF_SKEW_S)
  }
}
