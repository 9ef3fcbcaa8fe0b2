// What the server of the console is given.
import type { Reading } from '@grantlog/query'
import type { ExportJobs } from './exports.ts'
import type { FindingsSource } from './findings.ts'
import type { Runs } from './runs.ts'

/** A file of the page. */
export interface PageFile {
  readonly bytes: Uint8Array
  readonly type: string
  /** Its name changes with its content. */
  readonly immutable: boolean
}

/** Comparisons of records with what else is known, as `grantlog reconcile` makes them. */
export interface Comparisons {
  readonly runs: Runs
  /** Services that may be asked for; '' for the streams of all. */
  readonly services: readonly string[]
}

export interface ConsoleOptions {
  readonly reading: Reading
  /** Names that `Host` may have besides those of loopback, in lower case, without port. */
  readonly allowedHosts?: readonly string[]
  /** `/readyz` of the receiver that writes this ledger; null when there is none or it is silent. */
  readonly receiverStatus?: () => Promise<unknown>
  /** A page of its `/grantlog/v1/streams`. */
  readonly receiverStreams?: () => Promise<unknown>
  /** Where a trace is shown, with `{traceId}` in it; '' for nowhere. */
  readonly traceUrl?: string
  /** A tile or entry bundle by its path, such as `tile/0/000`; null when there is none. */
  readonly readTile: (path: string) => Promise<Uint8Array | null>
  /** A file of the page by its path, such as `/index.html`; null when there is none. */
  readonly readPage: (path: string) => Promise<PageFile | null>
  readonly runs: Runs
  /** Absent: nothing can be compared from here. */
  readonly comparisons?: Comparisons
  readonly exports: ExportJobs
  readonly findings: FindingsSource
  readonly version: string
  /** Unix milliseconds. */
  readonly now?: () => number
}
