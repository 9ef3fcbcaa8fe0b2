// Sums up what became of each line and record, and keeps a bounded number of them to be told.
import { MAX_EXAMPLES, MAX_OPEN_LINES, OPEN_LINE_MS } from '../limits.ts'
import type { LogReport, ToldLine, ToldRecord } from './report.ts'
import type { Due } from './routes.ts'
import type { OpenLine } from './state.ts'

type Counts = { -readonly [name in keyof LogReport['counts']]: number }

/** A line that was compared. `isOpen`: it is from an earlier run. */
export interface TalliedLine extends OpenLine {
  readonly isOpen: boolean
}

/** Statuses that a web server gives by itself, so that the application has not seen the request. */
const ownStatuses: ReadonlySet<number | null> = new Set([
  ...[null, 408, 413, 414, 421, 431, 444, 494, 495, 496, 497, 499, 502, 503, 504],
])

/** What a line without a record is. */
export function wordOf(
  due: Due,
  status: number | null,
): 'noRecord' | 'unknown' | 'ignored' | 'notAudited' {
  if (due === 'ignored') return 'ignored'
  if (due === 'none') return 'notAudited'
  if (due === 'refused-only' || ownStatuses.has(status)) return 'unknown'
  // An API's refusal has a record if a token was presented, or one of OAuth was asked for
  // (packages/sdk/src/instrument/http-server): a log does not show either.
  const isRefusal = status === 401 || status === 403
  return isRefusal && due !== 'endpoint' && due !== 'given' ? 'unknown' : 'noRecord'
}

export class LineTally {
  readonly counts: Counts = {
    ...{ all: 0, matched: 0, noRecord: 0, unknown: 0, notAudited: 0, ignored: 0, noRequest: 0 },
    ...{ malformed: 0, outside: 0, withoutLine: 0, atEdge: 0, resolved: 0, stillOpen: 0 },
  }
  readonly noRecord: ToldLine[] = []
  readonly unknown: ToldLine[] = []
  readonly withoutLine: ToldRecord[] = []
  readonly malformed: { file: string; line: number }[] = []
  /** Lines for the next run. */
  readonly open: OpenLine[] = []
  readonly #routes = new Map<string, { lines: number; noRecord: number }>()
  readonly #now: number

  constructor(now: number) {
    this.#now = now
  }

  matched(line: TalliedLine): void {
    if (line.isOpen) this.counts.resolved++
    else {
      this.counts.all++
      this.counts.matched++
      this.#route(line, 0)
    }
  }

  alone({ isOpen, ...line }: TalliedLine): void {
    if (isOpen) {
      this.counts.stillOpen++
      if (line.time >= this.#now - OPEN_LINE_MS) this.#keep(line)
      return
    }
    this.counts.all++
    const word = wordOf(line.due, line.status)
    this.counts[word]++
    if (word === 'ignored' || word === 'notAudited') return
    this.#route(line, word === 'noRecord' ? 1 : 0)
    const { templates, ...told } = line
    void templates
    if (this[word].length < MAX_EXAMPLES) this[word].push(told)
    this.#keep(line)
  }

  recordAlone(record: ToldRecord): void {
    this.counts.withoutLine++
    if (this.withoutLine.length < MAX_EXAMPLES) this.withoutLine.push(record)
  }

  unreadable(file: string, line: number): void {
    this.counts.malformed++
    if (this.malformed.length < MAX_EXAMPLES) this.malformed.push({ file, line })
  }

  routes(): LogReport['routes'] {
    return [...this.#routes]
      .map(([name, counts]) => {
        const [method = '', due = '', ...route] = name.split(' ')
        return { method, route: route.join(' '), due: due as Due, ...counts }
      })
      .toSorted((a, b) => b.noRecord - a.noRecord || b.lines - a.lines)
      .slice(0, MAX_EXAMPLES)
  }

  #keep(line: OpenLine): void {
    if (this.open.length < MAX_OPEN_LINES) this.open.push(line)
  }

  #route({ due, method, route }: ToldLine, noRecord: number): void {
    const name = `${method} ${due} ${route}`
    const counts = this.#routes.get(name) ?? { lines: 0, noRecord: 0 }
    if (this.#routes.size < MAX_OPEN_LINES) this.#routes.set(name, counts)
    counts.lines++
    counts.noRecord += noRecord
  }
}
