// What was seen of each group in its hour, by event time: a window begins with its first record
// and is over an hour after it. Records that come late count where they arrive. Bounded: those that
// were touched longest ago are let go (generations.ts).
import type { JsonValue } from '@grantlog/record'
import { Generations } from '../generations.ts'
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
  const windows = new Generations<Window>(max)
  /** Before the snapshot. */
  let evicted = 0

  function windowOf(key: string, atMs: number): Window {
    const found = windows.get(key)
    if (found === undefined || atMs - found.startMs >= windowMs) return begin(key, atMs)
    if (found.startMs - atMs < windowMs) return found
    // What was spooled and comes late is counted in its own hour.
    const late = `${key} ${Math.floor(atMs / windowMs)}`
    return windows.get(late) ?? begin(late, atMs)
  }

  function begin(key: string, atMs: number): Window {
    const window = { startMs: atMs, count: 0, bytes: 0, rows: 0, records: [], told: [] }
    windows.set(key, window)
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
    evicted: () => evicted + windows.evicted,
    snapshot: () => ({ evicted: evicted + windows.evicted, windows: windows.snapshot(encode) }),
    restore: (snapshot) => {
      const kept = snapshot as { readonly evicted: number; readonly windows: JsonValue }
      const isList = Array.isArray(kept.windows)
      windows.restore(isList ? {} : kept.windows, decode)
      // Of an earlier version: in the order in which they were touched.
      const list = (isList ? kept.windows : []) as [key: string, ...row: JsonValue[]][]
      for (const [key, ...row] of list) windows.set(key, decode(row))
      evicted = kept.evicted - windows.evicted
    },
  }
}

type Row = readonly [
  startMs: number,
  count: number,
  bytes: number,
  named: readonly (readonly [id: string, index: number | null])[],
  told: readonly string[],
  /** Snapshots from before rows were counted have none. */
  rows?: number,
]

function encode({ bytes, count, records, rows, startMs, told }: Window): JsonValue {
  return [startMs, count, bytes, records.map(({ id, index }) => [id, index]), [...told], rows]
}

function decode(value: JsonValue): Window {
  const [startMs, count, bytes, named, told, rows = 0] = value as unknown as Row
  const records = named.map(([id, index]) => ({ id, index }))
  return { startMs, count, bytes, rows, records, told: [...told] }
}
