import { checkConsistency, type OpenedCheckpoint } from '@grantlog/tlog'
import { sha256 } from '../sha256.ts'

/** Proof hashes from the log; rejects when they cannot be fetched. */
export type FetchProof = (from: number, to: number) => Promise<readonly Uint8Array[]>

/**
 * Whether `to` extends `from` (RFC 9162 section 2.1.4). `invalid` accuses nobody: a proof is not
 * signed, and whoever stands between can spoil it.
 */
export async function proveExtension(
  from: OpenedCheckpoint,
  to: OpenedCheckpoint,
  fetchProof: FetchProof,
): Promise<'proven' | 'invalid' | 'unavailable'> {
  let proof: readonly Uint8Array[]
  try {
    proof = from.size === 0 ? [] : await fetchProof(from.size, to.size)
  } catch {
    return 'unavailable'
  }
  try {
    checkConsistency({
      sha256,
      oldSize: from.size,
      newSize: to.size,
      oldRoot: from.root,
      newRoot: to.root,
      proof,
    })
    return 'proven'
  } catch {
    return 'invalid'
  }
}
