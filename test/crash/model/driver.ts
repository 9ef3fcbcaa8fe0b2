/**
 * What the filesystem model drives: one part of Grantlog, from an empty disk through faults and
 * crashes, again and again, until its promise is checked a last time. A file of this folder that
 * exports `driver` is found by the runner (runner/run.ts), which imports it outside jest.
 */
export interface Driver {
  /** `journal`, `ledger`, `spool`, … */
  readonly name: string
  /** Its part of the seeds of a run over all drivers: a slow one takes less than 1, the default. */
  readonly share?: number
  /**
   * One life of many crashes, decided by the seed alone. Rejects when a promise is broken. What it
   * gives is added up over all seeds: each number must be above zero, or the model tests nothing.
   */
  run(seed: number): Promise<Readonly<Record<string, number>>>
}
