// Real bundles for tests of the page.
import { type Bundle, makeBundles, openReader, sha256 } from '@grantlog/ledger'
import { base64url } from '@grantlog/record'
import { createTestLedger, type Telling } from './ledger.ts'

export interface BundleSet {
  readonly logKey: string
  readonly bundles: readonly Bundle[]
}

/**
 * Bundles of one log that disclose the user's slot; a batch of so many for each of some keys, which
 * are revoked in the end where `since` is given.
 */
export async function bundlesOf(counts: readonly number[], since?: number): Promise<BundleSet> {
  const { close, enrol, folders, logKey } = await createTestLedger()
  for (const count of counts) {
    const key = await enrol()
    await key.commit(Array.from({ length: count }, (_, seq) => about(`alice-${seq}`)))
    if (since !== undefined) await key.revoke(since)
  }
  await close({ remove: false })
  const reader = await openReader(folders)
  const bundles: Bundle[] = []
  for await (const one of makeBundles(reader, () => true, { disclose: ['user'] })) {
    bundles.push(one)
  }
  await reader.close()
  await close()
  return { logKey, bundles }
}

function about(name: string): Telling {
  const userHash = `p1.${base64url(sha256(Buffer.from(name)).subarray(0, 16))}`
  return { 'user.id': name, 'user.hash': userHash, 'client.address': '203.0.113.7' }
}
