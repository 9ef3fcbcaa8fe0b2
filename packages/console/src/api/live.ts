// The live stream: server-sent events (WHATWG HTML 9.2). `id` is the index of a record, so that a
// browser that reconnects goes on where it was (Last-Event-ID).
import { z } from '@hono/zod-openapi'

/** Event `gap`: matching records that were not sent, because there were too many at once. */
export const gapSchema = z
  .object({
    /** Places in the log, both included: search for them with `index:FROM..TO`. */
    from: z.int(),
    to: z.int(),
    /** Records in it, matching or not. */
    count: z.int(),
    why: z.enum(['too-many', 'away-too-long']),
  })
  .openapi('Gap')

/**
 * Event `position`, at least every 10 s: how far the stream has looked, -1 for an empty log. Event
 * `record` has a Row. Both have the place in the log as their id.
 */
export const positionSchema = z.object({ index: z.int(), behind: z.int() }).openapi('Position')

export type Gap = z.infer<typeof gapSchema>
export type Position = z.infer<typeof positionSchema>
