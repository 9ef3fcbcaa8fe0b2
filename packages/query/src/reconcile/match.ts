// Lines of an access log against records of served requests, in order of time. A record is of a
// line when method, route and status are the same and the line's second lies within the request,
// give or take the tolerance. Each record is used once, so N equal lines need N records. See
// match.test.ts.
//
// For each line the record is taken whose time ends first: no other choice would leave fewer
// lines without one. Which of several equal lines that is, is decided by what fits best in time.
import { QueryError } from '../codes.ts'
import { MAX_WINDOW_RECORDS, PAIRS_KEPT } from '../limits.ts'

/** A line; `place` is the caller's. */
export interface LineToMatch {
  /** Unix ms; a whole second. */
  readonly timeMs: number
  readonly method: string
  readonly status: number | null
  /** Templates that its record may have, the most specific first. */
  readonly templates: readonly number[]
  readonly place: number
}

export interface RecordToMatch {
  readonly startMs: number
  readonly endMs: number
  readonly method: string
  /** null: the connection was cut before there was an answer. */
  readonly status: number | null
  readonly template: number
  /** In the log. */
  readonly index: number
}

export interface Matches {
  readonly onMatched: (line: LineToMatch, record: RecordToMatch) => void
  readonly onLineAlone: (line: LineToMatch) => void
  readonly onRecordAlone: (record: RecordToMatch) => void
}

/** What a web server answers or writes by itself, whatever the application did (nginx: 499). */
const ownStatuses: ReadonlySet<number | null> = new Set([null, 499, 502, 504])

interface Queue {
  /** By the end of their requests. */
  readonly records: RecordToMatch[]
  /** The latest pairs, the oldest first. */
  readonly pairs: { line: LineToMatch; record: RecordToMatch }[]
}

const secondMs = 1_000

/**
 * Both sides in order: lines by time, records by start. Memory: records that run at one time.
 * Errors: RECONCILE_WINDOW.
 */
export function matchAll(
  lines: Iterable<LineToMatch>,
  records: Iterator<RecordToMatch>,
  toleranceMs: number,
  matches: Matches,
): void {
  const window = new Window(records, toleranceMs, matches)
  for (const line of lines) window.match(line)
  window.end()
}

/** Queues that are looked through for what is over, when there are so many records in them. */
const sweepMin = 4_096

/** Records that a line of now may be of, by method, template and status. */
class Window {
  readonly #records: Iterator<RecordToMatch>
  readonly #tolerance: number
  readonly #matches: Matches
  readonly #queues = new Map<string, Queue>()
  #running = 0
  #sweepAt = sweepMin
  #next: IteratorResult<RecordToMatch>

  constructor(records: Iterator<RecordToMatch>, toleranceMs: number, matches: Matches) {
    this.#records = records
    this.#tolerance = toleranceMs
    this.#matches = matches
    this.#next = records.next()
  }

  match(line: LineToMatch): void {
    this.#admit(line.timeMs + secondMs)
    if (this.#running > this.#sweepAt) this.#sweep(line.timeMs)
    let first: Queue | undefined
    for (const queue of this.#queuesFor(line)) {
      first ??= queue
      this.#pass(queue.records, line.timeMs)
      const at = queue.records.findIndex((record) => isOf(record, line, this.#tolerance))
      if (at < 0) continue
      const [record] = queue.records.splice(at, 1)
      this.#running--
      queue.pairs.push({ line, record: record! })
      this.#settle(queue.pairs, PAIRS_KEPT)
      return
    }
    const alone = first === undefined ? line : bestAlone(first.pairs, line, this.#tolerance)
    this.#matches.onLineAlone(alone)
  }

  end(): void {
    this.#admit(Infinity)
    for (const { pairs, records } of this.#queues.values()) {
      this.#settle(pairs, 0)
      for (const record of records) this.#matches.onRecordAlone(record)
    }
  }

  #admit(untilMs: number): void {
    while (this.#next.done !== true && this.#next.value.startMs - this.#tolerance < untilMs) {
      if (this.#running >= MAX_WINDOW_RECORDS) {
        throw new QueryError('RECONCILE_WINDOW', `${this.#running}`)
      }
      const record = this.#next.value
      const { records } = this.#queueOf(record)
      let at = records.length
      while (at > 0 && records[at - 1]!.endMs > record.endMs) at--
      records.splice(at, 0, record)
      this.#running++
      this.#next = this.#records.next()
    }
  }

  /** Records too old for this line are so for all that follow. */
  #pass(records: RecordToMatch[], beforeMs: number): void {
    while (records.length > 0 && records[0]!.endMs + this.#tolerance < beforeMs) {
      this.#matches.onRecordAlone(records.shift()!)
      this.#running--
    }
  }

  #sweep(beforeMs: number): void {
    for (const [key, { pairs, records }] of this.#queues) {
      this.#pass(records, beforeMs)
      const last = pairs.at(-1)
      if (last && last.line.timeMs < beforeMs - 2 * this.#tolerance - secondMs) {
        this.#settle(pairs, 0)
      }
      if (records.length === 0 && pairs.length === 0) this.#queues.delete(key)
    }
    this.#sweepAt = Math.max(sweepMin, this.#running * 2)
  }

  #settle(pairs: Queue['pairs'], keep: number): void {
    for (const { line, record } of pairs.splice(0, Math.max(0, pairs.length - keep))) {
      this.#matches.onMatched(line, record)
    }
  }

  #queueOf({ method, status, template }: RecordToMatch): Queue {
    const key = keyOf(method, template, status)
    const queue = this.#queues.get(key) ?? { records: [], pairs: [] }
    this.#queues.set(key, queue)
    return queue
  }

  *#queuesFor({ method, status, templates }: LineToMatch): Generator<Queue> {
    // What was cut has no status of its own.
    const statuses = status === null ? [null] : [status, null]
    for (const of of statuses) {
      for (const template of templates) {
        const queue = this.#queues.get(keyOf(method, template, of))
        if (queue !== undefined) yield queue
      }
    }
    if (!ownStatuses.has(status)) return
    for (const template of templates) {
      const prefix = `${method} ${template} `
      for (const [key, queue] of this.#queues) if (key.startsWith(prefix)) yield queue
    }
  }
}

function keyOf(method: string, template: number, status: number | null): string {
  return `${method} ${template} ${status ?? '-'}`
}

function isOf(
  { endMs, startMs }: RecordToMatch,
  { timeMs }: LineToMatch,
  tolerance: number,
): boolean {
  return startMs - tolerance < timeMs + secondMs && endMs + tolerance >= timeMs
}

/** How far a line is from its request, ms. */
function distance({ endMs, startMs }: RecordToMatch, { timeMs }: LineToMatch): number {
  return Math.max(0, startMs - (timeMs + secondMs - 1), timeMs - endMs)
}

/**
 * Of a line and those before it that have a record, the one that the others can best do without:
 * those behind it move up by one record. `pairs` are changed to what is left.
 */
function bestAlone(pairs: Queue['pairs'], line: LineToMatch, tolerance: number): LineToMatch {
  let [best, bestGain, gain] = [pairs.length, 0, 0]
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { line: own, record } = pairs[i]!
    const moved = pairs[i + 1]?.line ?? line
    if (!isOf(record, moved, tolerance)) break
    gain += distance(record, own) - distance(record, moved)
    if (gain > bestGain) [best, bestGain] = [i, gain]
  }
  if (best === pairs.length) return line
  const alone = pairs[best]!.line
  for (let i = best; i < pairs.length; i++) {
    pairs[i]!.line = pairs[i + 1]?.line ?? line
  }
  return alone
}
