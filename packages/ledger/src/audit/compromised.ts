// Records that were sealed under a key from the moment since when it was declared compromised. The
// declaration comes later than they do: so it is looked back, from the end of the log, and only as
// far as the earliest such moment. See compromised.test.ts.
import { TILE_WIDTH } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { type Enrolment, isCompromised } from '../format/enrolment.ts'
import { isRecordLeaf, leafOf } from '../format/leaf.ts'
import type { TileStore } from '../io/tiles.ts'

/** A key that was declared compromised, and what it sealed from then on. */
export interface Compromised {
  readonly kid: string
  /** Unix seconds; of several declarations the earliest. */
  readonly since: number
  /** The last leaf of the key says a later moment, or none. */
  readonly withdrawn: boolean
  /** Leaves of records, and of its streams. */
  readonly records: number
}

/**
 * `enrolments`: the last one of each key; `declared`: the earliest moment that was ever declared of
 * it, for whoever has the log's keys can take back what an operator said. `onUnreadable`: of a
 * bundle nothing could be counted; a whole audit has found that by itself, a resumed one has not
 * looked at it again.
 */
export async function compromisedIn(
  tiles: Pick<TileStore, 'readEntries'>,
  size: number,
  {
    declared,
    enrolments,
    onUnreadable,
  }: {
    readonly declared: ReadonlyMap<string, number>
    readonly enrolments: ReadonlyMap<string, Enrolment>
    readonly onUnreadable: (bundle: number, width: number) => void
  },
): Promise<Compromised[]> {
  const counts = new Map([...declared.keys()].map((kid) => [kid, 0]))
  const earliestMs = Math.min(...declared.values()) * 1000
  let atMs = declared.size === 0 ? -Infinity : Infinity
  for (let end = size; end > 0 && atMs >= earliestMs;) {
    const bundle = Math.ceil(end / TILE_WIDTH) - 1
    const first = bundle * TILE_WIDTH
    const entries = await entriesOf(tiles, bundle, end - first)
    if (entries === null) onUnreadable(bundle, end - first)
    for (const entry of entries ?? []) {
      const leaf = leafOf(entry)
      if (leaf === null) continue
      atMs = Math.min(atMs, leaf.receivedAt)
      if (!isRecordLeaf(leaf)) continue
      const since = declared.get(leaf.kid)
      if (since === undefined || !isCompromised({ since }, leaf)) continue
      counts.set(leaf.kid, (counts.get(leaf.kid) ?? 0) + 1)
    }
    end = first
  }
  return Array.from(declared, ([kid, since]) => ({
    ...{ kid, since, withdrawn: enrolments.get(kid)?.since !== since },
    records: counts.get(kid) ?? 0,
  }))
}

async function entriesOf(
  tiles: Pick<TileStore, 'readEntries'>,
  bundle: number,
  width: number,
): Promise<Uint8Array[] | null> {
  try {
    return await tiles.readEntries(bundle, width)
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}
