// The records of one service as the comparison needs them: its streams' accounts, its routes, and
// the requests it served in order of time.
import { openRecord } from '@grantlog/record'
import { type Frame, isRecordLeaf } from '@grantlog/ledger'
import { createSorter, type RowSorter } from './io/sorter.ts'
import type { RecordToMatch } from './match.ts'
import { methodAt, methodNumber } from './method.ts'
import type { ToldRecord } from './report.ts'
import type { Routes } from './routes.ts'
import { isServed, type Served, servedOf } from './served.ts'
import type { ReconcileState } from './state.ts'
import type { StreamAccounts } from './streams.ts'

export interface ReaderOptions {
  readonly service: string | null
  readonly routes: Routes
  readonly streams: StreamAccounts
  readonly period: { readonly from: number; readonly until: number; readonly marginMs: number }
  readonly state: ReconcileState | null
}

export class RecordReader {
  firstSeenMs: number | null
  hasServed: boolean
  nextFrame: number
  readonly #options: ReaderOptions
  readonly #rows: RowSorter = createSorter()
  /** Records of before the period that came since the last run, by their index. */
  readonly #late = new Set<number>()
  #contextFrame: number | null = null

  constructor(options: ReaderOptions) {
    this.#options = options
    const { state } = options
    this.firstSeenMs = state?.firstSeenMs ?? null
    this.hasServed = (state?.routes.length ?? 0) > 0
    this.nextFrame = state?.nextFrame ?? 0
  }

  /** The first frame that the next run needs. */
  get contextFrame(): number {
    return this.#contextFrame ?? this.nextFrame
  }

  add({ entries, number }: Frame): void {
    const { service, state, streams } = this.#options
    const isNew = number >= (state?.nextFrame ?? 0)
    for (const { index, leaf, openings, stored } of entries) {
      if (!isRecordLeaf(leaf) || stored.kind !== 'record') continue
      const view = openRecord(stored.canonical)
      const own = view.attributes.get('audit.producer.service')
      if (service !== null && own !== service) continue
      if (isNew) streams.add(leaf, view)
      const startMs = Number(view.startTimeUnixNano / 1_000_000n)
      this.firstSeenMs = Math.min(this.firstSeenMs ?? startMs, startMs)
      if (service === null || !isServed(view)) continue
      this.hasServed = true
      const served = servedOf(view, openings)
      if (served !== null) this.#addServed(served, { index, frame: number, isNew })
    }
    this.nextFrame = Math.max(this.nextFrame, number + 1)
  }

  #addServed(
    served: Served,
    { frame, index, isNew }: { frame: number; index: number; isNew: boolean },
  ): void {
    const { period, routes, state } = this.#options
    const { endMs, method, startMs, status } = served
    const template = routes.add(served)
    if (endMs >= period.until - period.marginMs) this.#contextFrame ??= frame
    const isLate = isNew && state !== null && endMs < period.from
    if (isLate) this.#late.add(index)
    else if (endMs < period.from - period.marginMs) return
    if (startMs > period.until + period.marginMs) return
    this.#rows.push([startMs, endMs, template, methodNumber(method), status ?? -1, index])
  }

  isLate(index: number): boolean {
    return this.#late.has(index)
  }

  *sorted(): Generator<RecordToMatch, void, void> {
    for (const row of this.#rows.sorted()) {
      const [startMs, endMs, template, method, status, index] = row as unknown as number[]
      yield {
        startMs: startMs!,
        endMs: endMs!,
        template: template!,
        method: methodAt(method!),
        status: status! < 0 ? null : status!,
        index: index!,
      }
    }
  }

  told({ endMs, index, method, startMs, status, template }: RecordToMatch): ToldRecord {
    const route = this.#options.routes.shownOf(template)
    return { index, start: startMs, end: endMs, method, route, status }
  }

  close(): void {
    this.#rows.close()
  }
}
