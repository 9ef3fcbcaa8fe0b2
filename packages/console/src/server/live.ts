// New records as they come, for one listener. See live.test.ts.
import { newerRows, type Prepared, type Reading } from '@grantlog/query'
import type { Gap, Position } from '../api/live.ts'
import type { Row } from '../api/records.ts'
import { MAX_LIVE_BURST, MAX_LIVE_RESUME } from './limits.ts'
import { rowsOf, type RowsShown } from './searches.ts'

export type LiveEvent =
  | { readonly event: 'record'; readonly data: Row }
  | { readonly event: 'gap'; readonly data: Gap }
  | { readonly event: 'position'; readonly data: Position }

export interface LiveOptions {
  readonly reading: Reading
  readonly prepared: Prepared
  readonly isAsked: RowsShown['isAsked']
  readonly personal: boolean
  /** Place in the log of the last record that the listener has; null: only new ones. */
  readonly since: number | null
}

export interface Live {
  /** What came since the last call, in order; the newest alone when it is too much at once. */
  next(): Promise<LiveEvent[]>
  /** Place in the log of the last record that was looked at; -1 when there is none. */
  readonly index: number
}

export function openLive({ isAsked, personal, prepared, reading, since }: LiveOptions): Live {
  const { index } = reading
  let row = since === null ? index.rows : index.rowAt(since + 1)
  let skipped: Gap | null = null
  if (index.rows - row > MAX_LIVE_RESUME) {
    skipped = gapOf(reading, { from: row, to: index.rows, why: 'away-too-long' })
    row = index.rows
  }
  return {
    get index() {
      return row === 0 ? -1 : index.place(row - 1).index
    },
    next: async () => {
      const events: LiveEvent[] = skipped === null ? [] : [{ event: 'gap', data: skipped }]
      skipped = null
      const most = MAX_LIVE_BURST
      const { left, next, rows } = await newerRows(index, prepared, { fromRow: row, most })
      const [first] = rows
      if (left > 0 && first !== undefined) {
        events.push({
          event: 'gap',
          data: gapOf(reading, { from: row, to: first, why: 'too-many' }),
        })
      }
      for (const data of await rowsOf(reading, rows, { personal, isAsked }))
        events.push({ event: 'record', data })
      row = next
      return events
    },
  }
}

/** How far a stream has looked. */
export function positionOf({ behind }: Reading, index: number): Position {
  return { index, behind }
}

/** Rows `from` to before `to`. */
function gapOf(
  { index }: Reading,
  { from, to, why }: { readonly from: number; readonly to: number; readonly why: Gap['why'] },
): Gap {
  const places = [index.place(from).index, index.place(to - 1).index] as const
  return { from: places[0], to: places[1], count: to - from, why }
}
