// One look at a feed: what is new, what is missing, and the position after it.
import { batchRecordsMax } from './limits.ts'
import { advance, freshOf, type Gap, gapOf, type Position, readFrom, without } from './position.ts'
import type { Feed, FeedSettings, SourceEvent } from './source.ts'

export interface Look {
  readonly events: readonly SourceEvent[]
  readonly gap: Gap | null
  readonly position: Position
  /** There may be more. */
  readonly isFull: boolean
}

/** `room`: events that one batch has left. Rejects with ObserveError. */
export async function lookAt(
  feed: Feed,
  before: Position,
  { keptMs }: FeedSettings,
  room: number = batchRecordsMax,
): Promise<Look> {
  // By our clock, before the first request: what comes meanwhile is of the next look.
  const now = Date.now()
  const { events, isAll } = await readAll(feed, before, room)
  const until = isAll ? Infinity : (events.at(-1)?.time ?? 0) - 1
  const gap = gapOf(before, events, { until, now, keptMs })
  // What was told is not told again while a backlog is read.
  const told = gap === null ? before : { ...before, lookedAt: gap.until }
  const start = gap?.reason === 'deleted' ? without(told, events) : told
  const fresh = freshOf(before, events).slice(0, room)
  const isFull = !isAll || fresh.length === room
  const position = advance(start, fresh, now)
  return {
    events: fresh,
    gap,
    isFull,
    position: isFull ? position : { ...position, lookedAt: now },
  }
}

/** Pages until there is more that is new than has room. */
async function readAll(
  feed: Feed,
  before: Position,
  room: number,
): Promise<{ readonly events: readonly SourceEvent[]; readonly isAll: boolean }> {
  const all: SourceEvent[] = []
  let from = readFrom(before)
  let skip = 0
  for (;;) {
    const { events, isLast } = await feed.page(from, skip)
    all.push(...events)
    if (isLast) return { events: all, isAll: true }
    if (freshOf(before, all).length > room) return { events: all, isAll: false }
    // By time and not by place: what expires meanwhile would move all places.
    const last = events.at(-1)?.time ?? from
    skip = last === from ? skip + events.length : 0
    from = last
  }
}
