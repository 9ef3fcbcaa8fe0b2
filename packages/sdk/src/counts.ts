/** What export knows of itself at any moment, for the metrics. */
export interface Counts {
  readonly emitted: number
  readonly exported: number
  readonly dropped: number
  /** null: behind a Collector there are no receipts. */
  readonly missing: number | null
  readonly queued: number
  readonly spoolBytes: number
  /** Milliseconds; null before the first receipt. */
  readonly skewMs: number | null
}

/** How a request to the receiver ended: taken, refused, or to be sent again. */
export type ExportOutcome = 'done' | 'refused' | 'again'
