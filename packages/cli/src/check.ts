// What `grantlog doctor` says of each thing that it looks at, and where it looks.
import type { Folders } from '@grantlog/ledger'

/** One thing that was looked at. `code` is for programs. */
export interface Check {
  readonly code: string
  readonly status: 'ok' | 'weak' | 'broken'
  readonly what: string
  readonly fix?: string
}

export interface Place {
  readonly data: string
  readonly folders: Folders
  readonly adminPort: number
  /** Whose ledger it is, if not the data folder's own. */
  readonly tenant?: string | undefined
}

/** Where the receiver says something of this ledger. */
export function adminUrl({ adminPort, tenant }: Place, path: string): string {
  return `http://127.0.0.1:${adminPort}${tenant === undefined ? '' : `/tenants/${tenant}`}${path}`
}
