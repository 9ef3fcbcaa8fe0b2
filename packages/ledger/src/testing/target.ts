// What tampering is about.

/** A record of the ledger, neither in its first nor in its last commit. */
export interface Target {
  /** Number of its commit frame. */
  readonly frame: number
  readonly index: number
}
