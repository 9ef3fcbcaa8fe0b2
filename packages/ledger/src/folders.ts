import { join } from 'node:path'

/**
 * Where a ledger's parts lie; each may be on another volume. `ledger` may be copied anywhere,
 * `keys` must not be where its backups are, `lock` is trusted to remember the newest checkpoint.
 */
export interface Folders {
  readonly ledger: string
  readonly keys: string
  readonly lock: string
  readonly queue: string
  readonly index: string
}

/** The default: all parts under one data folder. */
export function foldersUnder(data: string): Folders {
  return {
    ledger: join(data, 'ledger'),
    keys: join(data, 'keys'),
    lock: join(data, 'lock'),
    queue: join(data, 'queue'),
    index: join(data, 'index'),
  }
}

/** The files that keep space back on the folders' volumes. */
export function ballastsOf({ keys, ledger, lock }: Folders): {
  readonly large: string
  readonly small: readonly string[]
} {
  return { large: join(ledger, 'ballast'), small: [join(keys, 'ballast'), join(lock, 'ballast')] }
}

/** The snapshot of the streams within the index folder. */
export function snapshotPath(folders: Folders): string {
  return join(folders.index, 'streams.snapshot')
}

/** The published checkpoint within the ledger folder. */
export function checkpointPath(folders: Pick<Folders, 'ledger'>): string {
  return join(folders.ledger, 'checkpoint')
}

/** The journal of commit frames within the ledger folder. */
export function commitFolder(folders: Folders): string {
  return join(folders.ledger, 'commit')
}

/** A tenant's folder below `tenants/`, and a part of paths: nothing that means more than a name. */
export function isTenantName(name: unknown): boolean {
  return typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(name)
}
