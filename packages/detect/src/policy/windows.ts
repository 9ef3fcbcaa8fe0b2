// What was seen of each group in its hour, by event time: a window begins with its first record
// and is over an hour after it. Records that come late count where they arrive. Bounded: beyond
// the limit the window that was touched longest ago is let go.
import { isObject, type JsonValue } from '@grantlog/record'
import { recordsMax, windowMs, windowsMax } from './limits.ts'

export interface Named {
  readonly id: string
  readonly index: number | null
}

interface Amount {
  bytes: number
  rows: number
}

export interface Window extends Amount {
  startMs: number
  count: number
  /** The first, and the newest. */
  records: Named[]
  /** Thresholds that were told already. */
  told: string[]
}

export interface Windows {
  /** Counts one record into the window of a group, by a key for it. */
  readonly count: (key: string, seen: Named & Amount & { atMs: number }) => Window
  readonly size: () => number
  readonly evicted: () => number
  readonly snapshot: () => JsonValue
  readonly restore: (snapshot: JsonValue) => void
}

/** `max` windows at most. */
export function createWindows(max: number = windowsMax): Windows {
  const windows = new Map<string, Window>()
  let evicted = 0

  function windowOf(key: string, atMs: number): Window {
    const found = windows.get(key)
    windows.delete(key)
    const isOver = found === undefined || atMs - found.startMs >= windowMs
    const window = isOver ? windowFrom(atMs) : found
    windows.set(key, window)
    if (windows.size > max) {
      const [oldest] = windows.keys()
      windows.delete(oldest!)
      evicted++
    }
    return window
  }

  return {
    count: (key, { atMs, bytes, id, index, rows }) => {
      const window = windowOf(key, atMs)
      window.count++
      window.bytes += bytes
      window.rows += rows
      if (window.records.length === recordsMax) window.records.splice(1, 1)
      window.records.push({ id, index })
      return window
    },
    size: () => windows.size,
    evicted: () => evicted,
    snapshot: () => ({
      evicted,
      windows: Array.from(windows, ([key, { bytes, count, records, rows, startMs, told }]) => {
        const named = records.map(({ id, index }) => [id, index])
        return [key, startMs, count, bytes, named, told, rows]
      }),
    }),
    restore: (snapshot) => {
      windows.clear()
      evicted = 0
      if (!isObject(snapshot) || !Array.isArray(snapshot.windows)) return
      evicted = Number(snapshot.evicted)
      for (const [key, startMs, count, bytes, named, told, rows = 0] of snapshot.windows as Row[]) {
        const records = named.map(([id, index]) => ({ id, index }))
        windows.set(key, { startMs, count, bytes, rows, records, told: [...told] })
      }
    },
  }
}

type Row = readonly [
  key: string,
  startMs: number,
  count: number,
  bytes: number,
  records: readonly (readonly [id: string, index: number | null])[],
  told: readonly string[],
  /** Snapshots from before rows were counted have none. */
  rows?: number,
]

function windowFrom(startMs: number): Window {
  return { startMs, count: 0, bytes: 0, rows: 0, records: [], told: [] }
}
