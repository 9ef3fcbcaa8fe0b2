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

/** A run that the next record may be of. */
export type OpenRun = { -readonly [Member in keyof Run]: Run[Member] }

/** The fewest runs that cover the records, which are in the order of their numbers. */
export function runsOf(records: readonly CommittedRecord[]): Run[] {
  const runs: OpenRun[] = []
  for (const record of records) addToRuns(runs, record)
  return runs
}

/** The same, record by record: of the last run, or a new one. */
export function addToRuns(runs: OpenRun[], { index, receivedAt, seq }: CommittedRecord): void {
  const last = runs.at(-1)
  const isNext = last && seq === last.lastSeq + 1 && index === last.lastIndex + 1
  if (isNext && receivedAt === last.receivedAt) {
    last.lastSeq = seq
    last.lastIndex = index
  } else {
    runs.push({ firstSeq: seq, lastSeq: seq, firstIndex: index, lastIndex: index, receivedAt })
  }
}
