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
  const queues = new Map<string, Queue>()
  let running = 0
  let sweepAt = 4_096
  let next = records.next()

  function admit(untilMs: number): void {
    while (next.done !== true && next.value.startMs - toleranceMs < untilMs) {
      if (running >= MAX_WINDOW_RECORDS) throw new QueryError('RECONCILE_WINDOW', `${running}`)
      const record = next.value
      const { records: all } = queueOf(record.method, record.template, record.status)
      let at = all.length
      while (at > 0 && all[at - 1]!.endMs > record.endMs) at--
      all.splice(at, 0, record)
      running++
      next = records.next()
    }
  }

  /** Records too old for this line are so for all that follow. */
  function pass(all: RecordToMatch[], beforeMs: number): void {
    while (all.length > 0 && all[0]!.endMs + toleranceMs < beforeMs) {
      matches.onRecordAlone(all.shift()!)
      running--
    }
  }

  function sweep(beforeMs: number): void {
    for (const [key, { pairs, records: all }] of queues) {
      pass(all, beforeMs)
      const last = pairs.at(-1)
      if (last && last.line.timeMs < beforeMs - 2 * toleranceMs - secondMs) settle(pairs, 0)
      if (all.length === 0 && pairs.length === 0) queues.delete(key)
    }
    sweepAt = Math.max(4_096, running * 2)
  }

  function settle(pairs: Queue['pairs'], keep: number): void {
    for (const { line, record } of pairs.splice(0, Math.max(0, pairs.length - keep))) {
      matches.onMatched(line, record)
    }
  }

  function queueOf(method: string, template: number, status: number | null): Queue {
    const key = `${method} ${template} ${status ?? '-'}`
    const queue = queues.get(key) ?? { records: [], pairs: [] }
    queues.set(key, queue)
    return queue
  }

  function* queuesFor({ method, status, templates }: LineToMatch): Generator<Queue> {
    for (const template of templates) {
      const exact = queues.get(`${method} ${template} ${status ?? '-'}`)
      if (exact !== undefined) yield exact
    }
    for (const template of templates) {
      const cut = queues.get(`${method} ${template} -`)
      if (cut !== undefined && status !== null) yield cut
    }
    if (!ownStatuses.has(status)) return
    for (const template of templates) {
      const prefix = `${method} ${template} `
      for (const [key, queue] of queues) if (key.startsWith(prefix)) yield queue
    }
  }

  function match(line: LineToMatch): void {
    let last: Queue | undefined
    for (const queue of queuesFor(line)) {
      last ??= queue
      pass(queue.records, line.timeMs)
      const at = queue.records.findIndex((record) => isOf(record, line, toleranceMs))
      if (at < 0) continue
      const [record] = queue.records.splice(at, 1)
      running--
      queue.pairs.push({ line, record: record! })
      settle(queue.pairs, PAIRS_KEPT)
      return
    }
    matches.onLineAlone(last === undefined ? line : bestAlone(last.pairs, line, toleranceMs))
  }

  for (const line of lines) {
    admit(line.timeMs + secondMs)
    if (running > sweepAt) sweep(line.timeMs)
    match(line)
  }
  admit(Infinity)
  for (const { pairs, records: all } of queues.values()) {
    settle(pairs, 0)
    for (const record of all) matches.onRecordAlone(record)
  }
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
