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
  /** Unix seconds. */
  readonly since: number
  /** Leaves of records, and of its streams. */
  readonly records: number
}

/**
 * `enrolments`: the last one of each key. `onUnreadable`: of a bundle nothing could be counted; a
 * whole audit has found that by itself, a resumed one has not looked at it again.
 */
export async function compromisedIn(
  tiles: Pick<TileStore, 'readEntries'>,
  size: number,
  {
    enrolments,
    onUnreadable,
  }: {
    readonly enrolments: ReadonlyMap<string, Enrolment>
    readonly onUnreadable: (bundle: number, width: number) => void
  },
): Promise<Compromised[]> {
  const declared = [...enrolments.values()].filter(({ since }) => since !== undefined)
  const counts = new Map(declared.map(({ kid }) => [kid, 0]))
  const earliestMs = Math.min(...declared.map(({ since = 0 }) => since * 1000))
  let atMs = declared.length === 0 ? -Infinity : Infinity
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
      const enrolment = enrolments.get(leaf.kid)
      if (enrolment === undefined || !isCompromised(enrolment, leaf)) continue
      counts.set(leaf.kid, (counts.get(leaf.kid) ?? 0) + 1)
    }
    end = first
  }
  return declared.map(({ kid, since = 0 }) => ({ kid, since, records: counts.get(kid) ?? 0 }))
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
