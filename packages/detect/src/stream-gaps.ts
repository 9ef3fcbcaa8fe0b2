// Numbers of a stream that never came, as events. A producer gives each record the next number when
// it signs (FORMAT.md 2.3), so that a hole is a record that was made and is not there. Records come
// in any order: a hole is one after ten minutes by the receiver's clock, as it stands in leaves,
// so that a replay finds the same at the same place. See stream-gaps.test.ts.
import type { RecordLeaf } from '@grantlog/ledger'
import { type AttributeValue, jcsBytes, type JsonValue } from '@grantlog/record'
import type { AuditEvent } from './event.ts'
import { LATE_ALLOWANCE_MS, MAX_HOLES, MAX_WATCHED_STREAMS } from './limits.ts'
import { uuidOf } from './uuid.ts'

/** A record's place in its stream. */
export interface Numbered {
  /** Mostly the same object as of the record before. */
  readonly stream: Pick<RecordLeaf, 'instance' | 'kid'>
  readonly seq: number
}

/** A leaf, and when it was received. */
export interface LeafPlace {
  readonly index: number
  readonly receivedAt: number
}

export interface StreamGaps {
  /**
   * Events of the holes that are due at this leaf, in the order in which they showed. `numbered`:
   * null for a leaf of no stream.
   */
  take(leaf: LeafPlace, numbered: Numbered | null): readonly AuditEvent[]
  snapshot(): JsonValue
  /** Null: the leaves before are not known. */
  restore(snapshot: JsonValue): void
}

/** Numbers that did not come yet, both included; `sinceMs`: when a higher one came, at `index`. */
type Hole = {
  readonly stream: string
  readonly from: number
  readonly to: number
  readonly sinceMs: number
  readonly index: number
}

/** `next`: the number after its highest. */
interface Watched {
  readonly name: string
  next: number
}

type Kept = {
  readonly isWhole: boolean
  readonly next: readonly (readonly [stream: string, next: number])[]
  readonly holes: readonly Hole[]
}

/** `isWhole`: it is given all leaves of the log; else what a stream had before nobody knows. */
export function createStreamGaps({ isWhole }: { readonly isWhole: boolean }): StreamGaps {
  /** By name; the one that was touched longest ago is first. */
  const streams = new Map<string, Watched>()
  let holes: Hole[] = []
  let knowsAll = isWhole

  /** The stream that was touched last. */
  let last: { readonly of: Numbered['stream']; readonly watched: Watched } | null = null

  function watchedOf({ seq, stream: of }: Numbered): Watched {
    if (last?.of === of) return last.watched
    const name = `${of.kid}/${of.instance}`
    const watched = streams.get(name) ?? { name, next: knowsAll ? 0 : seq }
    if (watched !== last?.watched) {
      // The last of the map from now on.
      streams.delete(name)
      streams.set(name, watched)
    }
    last = { of, watched }
    if (streams.size > MAX_WATCHED_STREAMS) {
      streams.delete(streams.keys().next().value!)
      // Where it was is forgotten: should it come again, its first numbers are no hole.
      knowsAll = false
    }
    return watched
  }

  function number(numbered: Numbered, { index, receivedAt: sinceMs }: LeafPlace): void {
    const { seq } = numbered
    const watched = watchedOf(numbered)
    const { name: stream, next: due } = watched
    watched.next = Math.max(due, seq + 1)
    if (seq > due) holes.push({ stream, from: due, to: seq - 1, sinceMs, index })
    if (seq < due) holes = holes.flatMap((hole) => without(hole, stream, seq))
    // A stream that makes many takes the room of its own.
    if (holes.length > MAX_HOLES) holes.splice(own(stream), 1)
  }

  const own = (stream: string): number => holes.findIndex((hole) => hole.stream === stream)

  return {
    take(leaf, numbered) {
      let events = none
      while (holes[0] !== undefined && leaf.receivedAt - holes[0].sinceMs >= LATE_ALLOWANCE_MS) {
        events = [...events, eventOf(holes.shift()!, leaf.receivedAt)]
      }
      if (numbered !== null) number(numbered, leaf)
      return events
    },
    snapshot: () => {
      const next = Array.from(streams.values(), ({ name, next: due }) => [name, due])
      return { isWhole: knowsAll, next, holes } as unknown as JsonValue
    },
    restore(snapshot) {
      if (snapshot === null) {
        knowsAll = false
        return
      }
      const kept = snapshot as unknown as Kept
      knowsAll = kept.isWhole
      streams.clear()
      for (const [name, next] of kept.next) streams.set(name, { name, next })
      last = null
      holes = [...kept.holes]
    },
  }
}

const none: readonly AuditEvent[] = []

/** What is left of a hole when a number came. */
function without(hole: Hole, stream: string, seq: number): readonly Hole[] {
  const { from, to } = hole
  if (hole.stream !== stream || seq < from || seq > to) return [hole]
  const parts = [
    { ...hole, to: seq - 1 },
    { ...hole, from: seq + 1 },
  ]
  return parts.filter((part) => part.from <= part.to)
}

function eventOf({ from, index, stream, to }: Hole, atMs: number): AuditEvent {
  const [kid = ''] = stream.split('/')
  const id = uuidOf(jcsBytes(['grantlog-missing-v1', stream, from, to]))
  const attributes = new Map<string, AttributeValue>([
    ['audit.action', 'ledger.missing'],
    ['ledger.stream', stream],
    ['ledger.stream.kid', kid],
    ['ledger.missing.first', BigInt(from)],
    ['ledger.missing.count', BigInt(to - from + 1)],
  ])
  return { id, index, atMs, receivedMs: atMs, attributes }
}
