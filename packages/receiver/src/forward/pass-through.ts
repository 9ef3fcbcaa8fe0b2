// The source of what is not audit: what was queued goes out byte for byte. A unit is one
// ResourceSpans, ResourceLogs or ResourceMetrics, so that a request that is too large can be split.
// See forward.test.ts and signals.test.ts.
import { WireCursor, wireFields } from '@grantlog/record/otlp'
import type { Unit } from './deliver.ts'
import type { Load, Source } from './sink.ts'

export interface PassThroughUnit extends Unit {
  readonly bytes: Uint8Array
}

/** What is read from; PassThroughQueue has this form. */
export interface FrameQueue {
  readonly first: number
  read(from: number): AsyncIterable<{ readonly number: number; readonly payload: Uint8Array }>
  waitFor(number: number, signal: AbortSignal): Promise<void>
}

/** At most about `maxBytes` at once; a larger frame goes alone. */
export function passThroughSource(
  queue: FrameQueue,
  maxBytes: number,
  kind: Source<PassThroughUnit>['kind'] = 'pass-through',
): Source<PassThroughUnit> {
  async function take(from: number): Promise<Load<PassThroughUnit>> {
    const units: PassThroughUnit[] = []
    let next = from
    let bytes = 0
    try {
      for await (const { number, payload } of queue.read(from)) {
        if (units.length > 0 && bytes + payload.length > maxBytes) break
        for (const { start, end } of wireFields(payload)) {
          const slice = payload.subarray(start, end)
          units.push({ index: number, spans: countSpans(slice), bytes: slice })
        }
        bytes += payload.length
        next = number + 1
      }
    } catch (error) {
      // Dropped by quota while it was read: the next look finds that, and says so.
      if ((error as { code?: string }).code !== 'JOURNAL_MISSING' || queue.first <= next)
        throw error
    }
    return { units, next }
  }
  return {
    kind,
    spansMax: Infinity,
    get first() {
      return queue.first
    },
    take,
    waitFor: (from, signal) => queue.waitFor(from, signal),
  }
}

/** An Export…ServiceRequest of the same bytes. */
export function encodePassThrough(units: readonly PassThroughUnit[]): Uint8Array[] {
  return units.map(({ bytes }) => bytes)
}

/** TracesData 1 → ResourceSpans 2 → ScopeSpans 2 → Span; of logs and metrics the same. */
function countSpans(resourceSpans: Uint8Array): number {
  let spans = 0
  for (const outer of wireFields(resourceSpans)) {
    for (const scope of wireFields(outer.bytes)) {
      if (scope.number !== 2) continue
      const field = new WireCursor(scope.bytes)
      while (field.next()) if (field.number === 2) spans++
    }
  }
  return spans
}
