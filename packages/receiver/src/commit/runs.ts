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
  const runs: { -readonly [Member in keyof Run]: Run[Member] }[] = []
  for (const { seq, index, receivedAt } of records) {
    const last = runs.at(-1)
    const isNext = last && seq === last.lastSeq + 1 && index === last.lastIndex + 1
    if (isNext && receivedAt === last.receivedAt) {
      last.lastSeq = seq
      last.lastIndex = index
    } else {
      runs.push({ firstSeq: seq, lastSeq: seq, firstIndex: index, lastIndex: index, receivedAt })
    }
  }
  return runs
}
