// What the tenants of a data folder have, and what the receiver says of them. See
// test/tenants.test.ts.
import { foldersUnder, openReader, readPublicKeys } from '@grantlog/ledger'
import { sizeOf, type TenantStatus } from '@grantlog/receiver'
import { decodeCheckpoint, decodeNote } from '@grantlog/tlog'
import { tenantFolder, tenantsIn } from './data-folder.ts'

export interface FoundTenant {
  readonly name: string
  readonly origin: string
  /**
   * `full`: over its quota; `down`: its ledger takes nothing until the receiver is started again;
   * `no answer`: nobody listens on the admin port that was asked.
   */
  readonly state: 'served' | 'full' | 'down' | 'not served' | 'no answer'
  /** Leaves under its published checkpoint; null when it cannot be read. */
  readonly entries: number | null
  readonly diskBytes: number
}

const answerMs = 2_000

/** All of them, with what a receiver on `adminPort` says of those that it serves. */
export async function readTenants(root: string, adminPort: number): Promise<FoundTenant[]> {
  const tenants: FoundTenant[] = []
  for (const name of await tenantsIn(root)) {
    const folder = tenantFolder(root, name)
    const { origin } = await readPublicKeys(foldersUnder(folder).keys)
    const state = stateOf(await askFor(name, { adminPort, origin }))
    const entries = await entriesIn(folder)
    tenants.push({ name, origin, state, entries, diskBytes: await sizeOf([folder]) })
  }
  return tenants
}

type Told = Pick<TenantStatus, 'ready' | 'isOverQuota'>

function stateOf(told: Told | 'not served' | 'no answer'): FoundTenant['state'] {
  if (typeof told === 'string') return told
  if (!told.ready) return 'down'
  return told.isOverQuota ? 'full' : 'served'
}

/** Or that nobody answers; or somebody else, who does not serve this log. */
async function askFor(
  name: string,
  { adminPort, origin }: { readonly adminPort: number; readonly origin: string },
): Promise<Told | 'not served' | 'no answer'> {
  const ask = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${adminPort}/tenants/${name}${path}`, {
      signal: AbortSignal.timeout(answerMs),
    })
  try {
    const checkpoint = await (await ask('/checkpoint')).text()
    if (checkpoint.split('\n')[0] !== origin) return 'not served'
    return (await (await ask('/readyz')).json()) as Told
  } catch {
    return 'no answer'
  }
}

async function entriesIn(folder: string): Promise<number | null> {
  try {
    const reader = await openReader(foldersUnder(folder))
    await reader.close()
    return reader.published ? decodeCheckpoint(decodeNote(reader.published).text).size : 0
  } catch {
    return null
  }
}
