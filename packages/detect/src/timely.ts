// Whose clock holds: an event's own, unless it is further ahead of the receiver's than clocks are.
// A record of next year would open a window that lets go of all others, and a bucket that never
// ends. See timely.test.ts.
import type { AuditEvent } from './event.ts'
import { MAX_CLOCK_AHEAD_MS } from './limits.ts'

/** The event; at the receiver's time, where its own is too far ahead of that. */
export function timely(event: AuditEvent): AuditEvent {
  const isAhead = event.atMs > event.receivedMs + MAX_CLOCK_AHEAD_MS
  return isAhead ? { ...event, atMs: event.receivedMs } : event
}
