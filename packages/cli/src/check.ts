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
}
