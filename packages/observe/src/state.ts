// What an adapter keeps: how far it read, where its stream is, and the batch that was signed for
// that and may not be sealed yet. All three change in one write, so that no event is lost or told
// twice.
import type { Outgoing, Place, Producer } from '@grantlog/sdk/produce'
import { ObserveError } from './codes.ts'
import type { StateStore } from './io/state-store.ts'
import { beginning, type Position } from './position.ts'
import type { Source } from './source.ts'

export interface State {
  /** Of each feed. */
  readonly positions: Readonly<Record<string, Position>>
  /** Feeds that were off at the last look: that was told. */
  readonly off: readonly string[]
  /** null: the next record begins one. */
  readonly stream: Place | null
  /** To be sent before anything else is read. */
  readonly pending: Outgoing | null
}

export const empty: State = { positions: {}, off: [], stream: null, pending: null }

export function positionOf({ positions }: State, feed: string): Position {
  return positions[feed] ?? beginning
}

interface Kept extends Omit<State, 'pending'> {
  readonly v: 1
  /** Of the key that the stream is of; none: of a version that did not say it. */
  readonly kid?: string
  readonly place: string
  /** Encrypted under the key of the credentials: what it holds of people is not. */
  readonly pending: string | null
}

type Sealing = Pick<Producer, 'kid' | 'open' | 'seal'>

/** Throws OBSERVE_STATE_DAMAGED, OBSERVE_STATE_FOREIGN. */
export function readState(store: StateStore, { place }: Source, { kid, open }: Sealing): State {
  const text = store.read()
  if (text === null) return empty
  const kept = JSON.parse(text) as Kept
  if (kept.v !== 1) throw new ObserveError('OBSERVE_STATE_DAMAGED', 'of another version')
  if (kept.place !== place) throw new ObserveError('OBSERVE_STATE_FOREIGN', kept.place)
  const { off, pending, positions } = kept
  // Another key begins another stream; what the one before has signed is sent as it is.
  const stream = kept.kid === undefined || kept.kid === kid ? kept.stream : null
  if (pending === null) return { off, positions, stream, pending }
  const batch = open(Buffer.from(pending, 'base64'))
  if (batch === null) throw new ObserveError('OBSERVE_STATE_DAMAGED', 'the batch does not open')
  return { off, positions, stream, pending: batch }
}

/** Durable when it returns. */
export function writeState(
  store: StateStore,
  { place }: Source,
  { kid, seal }: Sealing,
  state: State,
): void {
  const pending =
    state.pending === null ? null : Buffer.from(seal(state.pending)).toString('base64')
  const kept: Kept = { v: 1, kid, place, ...state, pending }
  store.write(JSON.stringify(kept))
}
