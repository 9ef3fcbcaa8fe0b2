// The lines of an access log as the comparison needs them: those in the period and around it, each
// as a row of numbers, in order of time.
import { createSorter, type Row, type RowSorter } from './io/sorter.ts'
import type { LogFile, LogPosition, RawLine } from './io/access-log.ts'
import type { LineTally, TalliedLine } from './line-tally.ts'
import { type LogLine, parseLine } from './line.ts'
import type { LineToMatch } from './match.ts'
import { methodAt, methodNumber } from './method.ts'
import type { Due, Routes } from './routes.ts'
import type { OpenLine } from './state.ts'

export interface LineReaderOptions {
  readonly tally: LineTally
  readonly routes: Routes
  readonly period: { readonly from: number; readonly until: number; readonly marginMs: number }
}

const dues: readonly Due[] = [
  ...(['none', 'ignored', 'refused-only', 'seen', 'policy', 'endpoint', 'given'] as const),
]

/** A place as rows name it. */
interface KnownPlace {
  readonly templates: readonly number[]
  readonly shown: string
}

/** Routes that are told by name; of more the report says `…`. */
const placesMax = 50_000

export class LineReader {
  count = 0
  /** Unix ms of the first and the last line in the period. */
  firstMs: number | null = null
  lastMs: number | null = null
  readonly #options: LineReaderOptions
  readonly #rows: RowSorter = createSorter()
  readonly #places: KnownPlace[] = []
  readonly #placeIds = new Map<string, number>()
  readonly #opens: OpenLine[] = []
  readonly #names: string[] = []
  /** Rows under way in the comparison, by their number. */
  readonly #running = new Map<number, Row>()
  readonly #next = new Map<number, { bytes: number; lines: number }>()
  readonly #ends = new Map<number, { bytes: number; lines: number }>()
  /** Of the latest request by file: what has no time of its own is of that time. */
  readonly #times = new Map<number, number>()
  #number = 0

  constructor(options: LineReaderOptions) {
    this.#options = options
  }

  /** A line of an earlier run that had no record then. */
  open(line: OpenLine): void {
    const { routes } = this.#options
    const templates = line.templates.map(({ isRoute, template }) => routes.idOf(template, isRoute))
    const place = this.#placeId({ templates, shown: line.route })
    const { due, method, status, time } = line
    const number = this.#opens.push(line)
    this.#push([time, -number, place, methodNumber(method), status ?? -1, dues.indexOf(due)])
  }

  add({ end, file, number, offset, text }: RawLine, { name }: LogFile): void {
    const { period, tally } = this.#options
    this.#names[file] = name
    this.count++
    const line = text === null ? 'malformed' : parseLine(text)
    this.#ends.set(file, { bytes: end, lines: number })
    if (line === 'malformed' || line === 'none') {
      const time = this.#times.get(file) ?? period.from
      if (time < period.from || time >= period.until) tally.counts.outside++
      else if (line === 'malformed') tally.unreadable(name, number)
      else tally.counts.noRequest++
    } else {
      const { timeMs } = line
      this.#times.set(file, timeMs)
      if (timeMs >= period.until - period.marginMs && !this.#next.has(file)) {
        this.#next.set(file, { bytes: offset, lines: number - 1 })
      }
      if (timeMs < period.from - period.marginMs || timeMs >= period.until + period.marginMs) {
        tally.counts.outside++
      } else this.#take(line, file, number)
    }
  }

  #take({ method, status, target, timeMs }: LogLine, file: number, number: number): void {
    const { period, routes, tally } = this.#options
    const isIn = timeMs >= period.from && timeMs < period.until
    if (isIn) {
      this.firstMs = Math.min(this.firstMs ?? timeMs, timeMs)
      this.lastMs = Math.max(this.lastMs ?? timeMs, timeMs)
    } else tally.counts.outside++
    const place = routes.placeOf(target)
    const due = place === null ? 'none' : routes.dueOf(method, target, place)
    if (place === null || (due === 'none' && place.templates.length === 0)) {
      if (!isIn) return
      tally.counts.all++
      tally.counts.notAudited++
      return
    }
    const at = file * fileLines + number
    const id = this.#placeId(place)
    this.#push([timeMs, at, id, methodNumber(method), status ?? -1, dues.indexOf(due)])
  }

  *sorted(): Generator<LineToMatch, void, void> {
    for (const row of this.#rows.sorted()) {
      const place = this.#number++
      this.#running.set(place, row)
      const [timeMs, , id, method, status] = row as unknown as number[]
      yield {
        timeMs: timeMs!,
        method: methodAt(method!),
        status: status! < 0 ? null : status!,
        templates: this.#places[id!]!.templates,
        place,
      }
    }
  }

  /** The line that was compared, once; null when it lies around the period. */
  lineOf({ place }: LineToMatch): TalliedLine | null {
    const row = this.#running.get(place) as unknown as number[]
    this.#running.delete(place)
    const [time, at, id, method, status, due] = row
    const { period, routes } = this.#options
    if (at! < 0) return { ...this.#opens[-at! - 1]!, isOpen: true }
    if (time! < period.from || time! >= period.until) return null
    const { shown, templates } = this.#places[id!]!
    return {
      isOpen: false,
      file: this.#names[Math.floor(at! / fileLines)]!,
      line: at! % fileLines,
      time: time!,
      method: methodAt(method!),
      route: shown,
      status: status! < 0 ? null : status!,
      due: dues[due!]!,
      templates: templates.map((template) => routes.named(template)),
    }
  }

  /** Where the next run goes on in each file. */
  positions(files: readonly LogFile[]): LogPosition[] {
    return files.map(({ position }, file) => {
      return { ...position, ...(this.#next.get(file) ?? this.#ends.get(file)) }
    })
  }

  close(): void {
    this.#rows.close()
  }

  #push(row: readonly number[]): void {
    this.#rows.push(row)
  }

  #placeId(place: KnownPlace): number {
    const isKnown = this.#places.length < placesMax
    const shown = isKnown ? place.shown : '…'
    const key = `${place.templates.join()} ${shown}`
    const id = this.#placeIds.get(key) ?? this.#places.push({ ...place, shown }) - 1
    this.#placeIds.set(key, id)
    return id
  }
}

/** Lines of one file fit, and a file's number above them: 256 files stay far below 2^53. */
const fileLines: number = 2 ** 40
