// How far a feed was read, and what is new in it. Pure; see position.test.ts.
import { overlapMs, rememberedMax } from './limits.ts'
import type { SourceEvent } from './source.ts'

/** Plain JSON. */
export interface Position {
  /** Time of the latest event taken; 0: none was. */
  readonly latest: number
  /** Events taken of the time before, which will be read again: they are not new. */
  readonly taken: readonly (readonly [id: string, time: number])[]
  /** When all there was had been read, Unix milliseconds. */
  readonly lookedAt: number
}

export const beginning: Position = { latest: 0, taken: [], lookedAt: 0 }

/** Where to read from. */
export function readFrom({ latest, taken }: Position): number {
  const from = Math.max(0, latest - overlapMs)
  // Where there were more than are remembered, older ones would seem to be new.
  return taken.length < rememberedMax ? from : Math.max(from, taken[0]![1] + 1)
}

/** The events that were not taken yet, in order of time. */
export function freshOf(
  { taken }: Position,
  events: readonly SourceEvent[],
): readonly SourceEvent[] {
  const known = new Set(taken.map(([id]) => id))
  return events.filter(({ id }) => !known.has(id) && known.add(id))
}

/**
 * The position once these were taken. `now`: Unix milliseconds by our clock. An event of a clock
 * that is ahead is taken, and does not move the place to read from behind what is still to come.
 */
export function advance(before: Position, fresh: readonly SourceEvent[], now: number): Position {
  const most = fresh.reduce((last, { time }) => Math.max(last, time), before.latest)
  const latest = Math.min(most, now)
  const all = [...before.taken, ...fresh.map(({ id, time }) => [id, time] as const)]
  const taken = all
    .filter(([, time]) => time >= latest - overlapMs)
    .sort(([, a], [, b]) => a - b)
    .slice(-rememberedMax)
  return { ...before, latest, taken }
}

/** Between two times events are missing. */
export interface Gap {
  readonly from: number
  readonly until: number
  readonly reason: 'expired' | 'deleted' | 'off'
}

/**
 * What is missing since the last look. `events` are all from `readFrom` on, up to `until`. An event
 * that was taken and is not there any more, though the service keeps it for longer, was deleted;
 * what came since the last look may have been, too.
 */
export function gapOf(
  position: Position,
  events: readonly SourceEvent[],
  read: { readonly until: number; readonly now: number; readonly keptMs: number | null },
): Gap | null {
  const { lookedAt, taken } = position
  if (lookedAt === 0) return null
  const oldest = read.keptMs === null ? 0 : read.now - read.keptMs
  if (lookedAt < oldest) return { from: lookedAt, until: oldest, reason: 'expired' }
  const there = new Set(events.map(({ id }) => id))
  const from = readFrom(position)
  // Clocks differ: what is about to expire may be gone already.
  const kept = Math.max(from, oldest + overlapMs)
  const isGone = taken.some(([id, time]) => time >= kept && time <= read.until && !there.has(id))
  return isGone ? { from: lookedAt, until: read.now, reason: 'deleted' } : null
}

/** After a deletion what is gone is not looked for again. */
export function without(position: Position, events: readonly SourceEvent[]): Position {
  const there = new Set(events.map(({ id }) => id))
  return { ...position, taken: position.taken.filter(([id]) => there.has(id)) }
}
