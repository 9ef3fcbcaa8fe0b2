/**
 * What the filesystem model drives: one part of Grantlog, from an empty disk through faults and
 * crashes, again and again, until its promise is checked a last time.
 */
export interface Driver {
  /** `journal`, `ledger`, `spool`, … */
  readonly name: string
  /**
   * One life of many crashes, decided by the seed alone. Rejects when a promise is broken. What it
   * gives is added up over all seeds: each number must be above zero, or the model tests nothing.
   */
  run(seed: number): Promise<Readonly<Record<string, number>>>
}
