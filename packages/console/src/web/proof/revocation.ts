// What a bundle adds of the end of its key: since when it was declared compromised (FORMAT.md 3.4,
// 4). It is checked as the enrolment is. See check.test.ts.
import { equalBytes } from '@grantlog/record'
import type { Parts } from './parts.ts'
import { enrolmentDigest, readEnrolment, readKeyLeaf, type RecordLeaf } from './entries.ts'
import { failed, type Read } from './form.ts'
import { faultOf, readPath } from './path.ts'

/** Unix seconds; null: the bundle says nothing of it. */
export function revocationOf(
  { bundle, crypto, path }: Parts,
  { kid, receivedAt }: RecordLeaf,
): Read<number | null> {
  const { index, revocation, revocationIndex, revocationLeaf, revocationProof } = bundle
  if (revocation === undefined) return { ok: true, value: null }
  const end = readEnrolment(revocation, crypto.sha256)
  const leaf = readKeyLeaf(revocationLeaf ?? '')
  const proof = readPath(revocationProof ?? '', revocationLeaf ?? '', crypto)
  if (!end.ok) return failed(`the revocation is malformed: ${end.why}`)
  if (!leaf.ok) return failed(`the leaf of the revocation is malformed: ${leaf.why}`)
  if (!proof.ok) return failed(`the proof of the revocation cannot be read: ${proof.why}`)
  if (leaf.value.digest !== enrolmentDigest(revocation, crypto.sha256)) {
    return failed('the revocation is not the one that the log holds')
  }
  const { since } = end.value
  const isOfKey = end.value.kid === kid && leaf.value.id === kid
  if (!isOfKey || since === undefined || receivedAt < since * 1000) {
    return failed('the revocation is not about the record')
  }
  const at = revocationIndex ?? 0
  const fault = at > index ? faultOf(proof.value, at) : 'it comes before the record'
  if (fault !== null) return failed(`the revocation: ${fault}`)
  // Whose signature is checked already, as that of the record's own.
  if (!path.ok || !equalBytes(proof.value.checkpoint, path.value.checkpoint)) {
    return failed('the revocation is proved by another checkpoint than the record')
  }
  return { ok: true, value: since }
}
