// Under which policy the services are, by their newest records. See policy-checkup.test.ts.
import { type Folders, isRecordLeaf, type LedgerReader, openReader } from '@grantlog/ledger'
import { notedPolicy } from '@grantlog/receiver'
import { ATTR, openRecord } from '@grantlog/record'
import type { Check } from './check.ts'

/** Commits that are looked at, the newest: some minutes of a busy log, and little to read. */
const commitsMax = 500

/** The policies of each service's newest record of each key. */
export type SeenPolicies = ReadonlyMap<string, ReadonlySet<string>>

/** Errors: those of openReader. */
export async function checkPolicies(folders: Folders): Promise<Check[]> {
  const reader = await openReader(folders)
  try {
    const told = await notedPolicy(folders.queue, reader.origin)
    return told === undefined ? [] : [policyCheck(told, await policiesIn(reader))]
  } finally {
    await reader.close()
  }
}

/** What to say of services whose records do not name the policy with the hash `told`. */
export function policyCheck(told: string, seen: SeenPolicies): Check {
  const under = `the policy that services are told (${told.slice(0, 8)})`
  const others = [...seen].filter(([, hashes]) => [...hashes].some((hash) => hash !== told))
  if (others.length === 0) {
    const what = `${seen.size} services in the newest commits, all under ${under}`
    return { code: 'POLICY', status: 'ok', what }
  }
  const named = others.map(([service, hashes]) => {
    const those = [...hashes].filter((hash) => hash !== told).map((hash) => hash.slice(0, 8))
    return `${service} (${those.join(', ')})`
  })
  return {
    code: 'POLICY',
    status: 'weak',
    what: `under another policy than ${under}: ${named.join(', ')}`,
    fix:
      'A service asks each minute. One with GRANTLOG_POLICY keeps its own file: unset it; one ' +
      'behind a Collector cannot ask: give it the file.',
  }
}

async function policiesIn(reader: LedgerReader): Promise<SeenPolicies> {
  const { first, next } = reader.journal
  const newest = new Map<string, { readonly service: string; readonly hash: string }>()
  for await (const { entries } of reader.frames(Math.max(first, next - commitsMax))) {
    for (const { leaf, stored } of entries) {
      if (!isRecordLeaf(leaf) || stored.kind !== 'record') continue
      const { attributes } = openRecord(stored.canonical)
      const hash = attributes.get(ATTR.AUDIT_POLICY_HASH)
      const service = String(attributes.get(ATTR.AUDIT_PRODUCER_SERVICE))
      if (typeof hash === 'string') newest.set(leaf.kid, { service, hash })
    }
  }
  const seen = new Map<string, Set<string>>()
  for (const { hash, service } of newest.values()) {
    seen.set(service, (seen.get(service) ?? new Set()).add(hash))
  }
  return seen
}
