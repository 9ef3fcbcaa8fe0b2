// Runs of records whose numbers and indexes are both consecutive: one receipt each (FORMAT.md,
// 3.5).
// See runs.test.ts.

export interface CommittedRecord {
  readonly seq: number
  readonly index: number
  /** Unix milliseconds; a record sent again keeps its first time. */
  readonly receivedAt: number
}

export interface Run {
  readonly firstSeq: number
  readonly lastSeq: number
  readonly firstIndex: number
  readonly lastIndex: number
  readonly receivedAt: number
}

/** The fewest runs that cover the records, which are in the order of their numbers. */
export function runsOf(records: readonly CommittedRecord[]): Run[] {
  const runs: Run[] = []
  for (const { seq, index, receivedAt } of records) {
    const last = runs.at(-1)
    const follows =
      last !== undefined &&
      seq === last.lastSeq + 1 &&
      index === last.lastIndex + 1 &&
      receivedAt === last.receivedAt
    const first = follows ? last : { firstSeq: seq, firstIndex: index }
    const run = { firstSeq: first.firstSeq, firstIndex: first.firstIndex, receivedAt }
    runs.splice(follows ? -1 : runs.length, 1, { ...run, lastSeq: seq, lastIndex: index })
  }
  return runs
}
