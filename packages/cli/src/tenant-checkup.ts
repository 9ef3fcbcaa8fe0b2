// What `grantlog doctor` says of the tenants: whether each is served, and whether it has room. Of
// one alone `grantlog doctor --tenant NAME` says all. See test/tenants.test.ts.
import type { Check, Place } from './check.ts'
import { type FoundTenant, readTenants } from './tenants.ts'

/** One check for each tenant of the data folder; none of a tenant itself. */
export async function checkTenants({ adminPort, data, tenant }: Place): Promise<Check[]> {
  if (tenant !== undefined) return []
  return (await readTenants(data, adminPort)).map(checkTenant)
}

/** What is wrong in each state, and what to do. */
const faults = {
  'no answer': {
    status: 'weak',
    fix: 'Start `grantlog receiver` on this data folder, or say its --admin-port.',
  },
  'not served': {
    status: 'weak',
    fix: 'Start `grantlog receiver` on this data folder; its log says why a tenant is not served.',
  },
  full: { status: 'broken', fix: 'Raise limits.diskBytes of the tenant in grantlog.yaml.' },
  down: { status: 'broken', fix: 'See the log of the receiver, and start it again.' },
} as const

function checkTenant({ diskBytes, entries, name, origin, state }: FoundTenant): Check {
  const size = `${entries ?? '?'} published, ${(diskBytes / 1024 ** 2).toFixed(1)} MiB`
  const what = `tenant ${name} (${origin}): ${state}, ${size}`
  if (state === 'served') return { code: 'TENANT', status: 'ok', what }
  return { code: 'TENANT', what, ...faults[state] }
}
