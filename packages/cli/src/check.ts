// What `grantlog doctor` says of each thing that it looks at.

/** One thing that was looked at. `code` is for programs. */
export interface Check {
  readonly code: string
  readonly status: 'ok' | 'weak' | 'broken'
  readonly what: string
  readonly fix?: string
}
