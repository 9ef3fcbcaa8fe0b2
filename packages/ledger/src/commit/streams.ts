// Where each record of each stream is in the log: what makes a batch sent twice be sealed once.
// Pure memory, rebuilt from the leaves at start. See streams.test.ts.

/** Consecutive numbers of one stream that are consecutive leaves. */
interface Run {
  readonly firstSeq: number
  readonly firstIndex: number
  length: number
}

/** A stream's state, for accounting. */
export interface StreamState {
  readonly kid: string
  readonly instance: string
  readonly records: number
  readonly highestSeq: number
  /** Numbers below the highest that never arrived. */
  readonly missing: number
  readonly closed: boolean
}

interface Stream {
  readonly kid: string
  readonly instance: string
  /** Sorted by firstSeq. In order of arrival almost always, so appending is the common case. */
  readonly runs: Run[]
  closed: boolean
}

/** Positions of all records by (kid, instance, sequence number). */
export class Streams {
  readonly #streams = new Map<string, Stream>()

  /** The leaf index of a record, undefined when it is not in the log. */
  find(kid: string, instance: string, seq: number): number | undefined {
    const runs = this.#streams.get(`${kid} ${instance}`)?.runs ?? []
    const run = runs[lastAtOrBefore(runs, seq)]
    if (!run || seq >= run.firstSeq + run.length) return undefined
    return run.firstIndex + (seq - run.firstSeq)
  }

  /** Notes a record that is not in the log yet. */
  add(record: { kid: string; instance: string; seq: number; type: string }, index: number): void {
    const { kid, instance, seq, type } = record
    const name = `${kid} ${instance}`
    const stream = this.#streams.get(name) ?? { kid, instance, runs: [], closed: false }
    this.#streams.set(name, stream)
    if (type === 'stop') stream.closed = true
    const at = lastAtOrBefore(stream.runs, seq)
    const run = stream.runs[at]
    if (run && seq === run.firstSeq + run.length && index === run.firstIndex + run.length) {
      run.length++
    } else {
      stream.runs.splice(at + 1, 0, { firstSeq: seq, firstIndex: index, length: 1 })
    }
  }

  *states(): Generator<StreamState> {
    for (const { kid, instance, runs, closed } of this.#streams.values()) {
      const records = runs.reduce((sum, run) => sum + run.length, 0)
      const last = runs.at(-1)!
      const highestSeq = last.firstSeq + last.length - 1
      const missing = highestSeq + 1 - records
      yield { kid, instance, records, highestSeq, missing, closed }
    }
  }
}

/** Position of the last run that begins at or before `seq`; -1 when none does. */
function lastAtOrBefore(runs: readonly Run[], seq: number): number {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (runs[middle]!.firstSeq <= seq) low = middle + 1
    else high = middle
  }
  return low - 1
}
