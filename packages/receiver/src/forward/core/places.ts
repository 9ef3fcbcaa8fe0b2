// What the receipts of a core say together about its log: which record is at which index there. Two
// that name different records for one index show that the log was cut and went on, as that of a
// core does that was restored from a backup: what it had from there on, it has no more, though it
// signed that it has it. See places.test.ts.

/** Records of a batch that are next to each other in a core's log; a log record is alone. */
export interface PlacedRun {
  /** Standard base64: root of the batch, or digest of the log record's leaf. */
  readonly hash: string
  /** Of its first record; 0 for a log record. */
  readonly firstSeq: number
  readonly firstIndex: number
  readonly count: number
}

export interface CorePlaces {
  /** In the order in which they came. Gives the index that was cut at, null when it agrees. */
  put(run: PlacedRun): number | null
  /** Whether what came last for this place says that it is there. */
  has(hash: string, seq: number, index: number): boolean
  /** Records of runs that a cut took, and that did not come again. */
  readonly lost: number
}

/** Keeps the `runsMax` that are the last in the core's log, and half as many again. */
export function corePlaces(runsMax: number = Infinity): CorePlaces {
  /** By index; none overlaps another. */
  let runs: PlacedRun[] = []
  let lost: PlacedRun[] = []

  /** Number of the first run that ends behind an index. */
  function firstBehind(index: number): number {
    let [low, high] = [0, runs.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (endOf(runs[middle]!) > index) high = middle
      else low = middle + 1
    }
    return low
  }

  function cutAt(index: number): void {
    const from = firstBehind(index)
    const [split, ...rest] = runs.slice(from)
    runs.length = from
    if (split === undefined) return
    const [before, after] = splitAt(split, index - split.firstIndex)
    runs.push(...before)
    lost.push(...after, ...rest)
  }

  return {
    put(run) {
      let cut: number | null = null
      const other = overlapping(run).find((one) => !isOneWith(one, run))
      if (other !== undefined) {
        cut = Math.max(other.firstIndex, run.firstIndex)
        cutAt(cut)
      }
      const same = overlapping(run)
      runs.splice(firstBehind(run.firstIndex), same.length, ...[run, ...same].reduce(joined, []))
      if (lost.length > 0) lost = lost.flatMap((one) => without(one, run))
      if (runs.length > runsMax * 1.5) runs = runs.slice(-runsMax)
      return cut
    },
    has(hash, seq, index) {
      const run = runs[firstBehind(index)]
      if (run === undefined || run.firstIndex > index || run.hash !== hash) return false
      return seq - run.firstSeq === index - run.firstIndex
    },
    get lost() {
      return lost.reduce((sum, { count }) => sum + count, 0)
    },
  }

  function overlapping(run: PlacedRun): PlacedRun[] {
    const found: PlacedRun[] = []
    for (let at = firstBehind(run.firstIndex); at < runs.length; at++) {
      if (runs[at]!.firstIndex >= endOf(run)) break
      found.push(runs[at]!)
    }
    return found
  }
}

const endOf = ({ count, firstIndex }: PlacedRun): number => firstIndex + count

/** Whether both say the same of each place. */
function isOneWith(a: PlacedRun, b: PlacedRun): boolean {
  return a.hash === b.hash && a.firstIndex - b.firstIndex === a.firstSeq - b.firstSeq
}

/** Of runs that say the same, one over all. */
function joined([all]: readonly PlacedRun[], run: PlacedRun): [PlacedRun] {
  if (all === undefined) return [run]
  const first = all.firstIndex <= run.firstIndex ? all : run
  return [{ ...first, count: Math.max(endOf(all), endOf(run)) - first.firstIndex }]
}

/** The first `count` records of a run, and the others. */
function splitAt(run: PlacedRun, count: number): [before: PlacedRun[], after: PlacedRun[]] {
  if (count <= 0) return [[], [run]]
  if (count >= run.count) return [[run], []]
  const { firstIndex, firstSeq } = run
  const moved = { firstSeq: firstSeq + count, firstIndex: firstIndex + count }
  return [[{ ...run, count }], [{ ...run, ...moved, count: run.count - count }]]
}

/** What of a run has no record of another, wherever that is. */
function without(run: PlacedRun, other: PlacedRun): PlacedRun[] {
  if (run.hash !== other.hash) return [run]
  const [before, rest] = splitAt(run, other.firstSeq - run.firstSeq)
  const after = rest.flatMap((one) => {
    return splitAt(one, other.firstSeq + other.count - one.firstSeq)[1]
  })
  return [...before, ...after]
}
