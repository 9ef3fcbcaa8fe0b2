// The source of what is not audit: what was queued goes out byte for byte. A unit is one
// ResourceSpans, ResourceLogs or ResourceMetrics, so that a request that is too large can be split.
// See forward.test.ts and signals.test.ts.
import { RecordError } from '@grantlog/record'
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
        for (const unit of unitsIn(payload)) units.push({ index: number, ...unit })
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

/** An Export…ServiceRequest of the same bytes; what lies side by side is one part. */
export function encodePassThrough(units: readonly PassThroughUnit[]): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (const { bytes } of units) {
    const last = parts.at(-1)
    const isBehind =
      last !== undefined &&
      last.buffer === bytes.buffer &&
      last.byteOffset + last.length === bytes.byteOffset
    if (!isBehind) parts.push(bytes)
    else parts[parts.length - 1] = joined(last, bytes)
  }
  return parts
}

/** Two views that lie side by side, as one. */
function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  return new Uint8Array(first.buffer, first.byteOffset, first.length + second.length)
}

/**
 * One for each field 1 of a request, together with the fields behind it that nobody knows: a body
 * may have a million of them, and what is in them was never looked at.
 */
function unitsIn(payload: Uint8Array): Omit<PassThroughUnit, 'index'>[] {
  const units: { spans: number; bytes: Uint8Array }[] = []
  const field = new WireCursor(payload)
  let from = 0
  let spans = 0
  const end = (to: number): void => {
    if (to > from) units.push({ spans, bytes: payload.subarray(from, to) })
    from = to
    spans = 0
  }
  while (field.next()) {
    if (field.number !== 1) continue
    end(field.start)
    spans = countSpans(field.bytes)
  }
  end(payload.length)
  return units
}

/**
 * ResourceSpans 2 → ScopeSpans 2 → Span; of logs and metrics the same. What cannot be read counts
 * nothing: it was taken as it is, and goes on as it is.
 */
function countSpans(resourceSpans: Uint8Array): number {
  let spans = 0
  try {
    for (const scope of wireFields(resourceSpans)) {
      if (scope.number !== 2) continue
      const field = new WireCursor(scope.bytes)
      while (field.next()) if (field.number === 2) spans++
    }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
  }
  return spans
}
