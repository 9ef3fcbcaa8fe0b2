// The reading half of a journal: finds the segments of a range and tells pruned from rotten.
import { corrupt, JournalError, systemCode, wrapIo } from './errors.ts'
import { wholeNumber } from './limits.ts'
import type { Segment } from './segment/segment.ts'
import { readSegment } from './segment/walk.ts'
import type { FrameRange } from './segment/walk.ts'
import type { JournalState } from './writer.ts'

/** One frame as it was appended. */
export interface JournalFrame {
  readonly number: number
  readonly payload: Uint8Array
}

/** Number of the oldest frame kept; `next` when there is none. */
export function firstFrame(state: JournalState): number {
  return state.segments[0]?.first ?? state.next
}

/** JOURNAL_MISSING for a frame that this journal does not have. */
export function missing(state: JournalState, number: number): JournalError {
  const what = `${state.place.directory} has frames ${firstFrame(state)} to before ${state.next}`
  return new JournalError('JOURNAL_MISSING', `frame ${number}: ${what}`)
}

/** Frames `from` to before `to`, which is at most `next`. See Journal.read. */
export async function* readFrames(
  state: JournalState,
  from: number,
  to: number,
): AsyncGenerator<JournalFrame, void, void> {
  wholeNumber('from', from)
  if (from > state.next || from < firstFrame(state)) throw missing(state, from)
  for (let at = from; at < to;) {
    if (state.closed) throw new JournalError('JOURNAL_CLOSED', state.place.directory)
    // Looked up anew for each segment: a prune may have passed meanwhile.
    const index = state.segments.findLastIndex((segment) => segment.first <= at)
    const segment = state.segments[index]
    if (segment === undefined) throw missing(state, at)
    const end = Math.min(to, state.segments[index + 1]?.first ?? state.next)
    yield* framesOf(state, segment, { from: at, to: end })
    at = end
  }
}

async function* framesOf(
  state: JournalState,
  segment: Segment,
  range: FrameRange,
): AsyncGenerator<JournalFrame, void, void> {
  try {
    for await (const { number, payload } of readSegment(state.place.files, segment, range)) {
      yield { number, payload }
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') await wrapIo(segment.path, () => Promise.reject(error))
    // The name went away between look-up and open: by our prune, or by somebody else.
    if (state.segments.includes(segment)) throw corrupt(segment.path, 0, 'the file is gone')
    throw missing(state, range.from)
  }
}
