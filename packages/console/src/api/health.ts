// How the pipeline is: received = sealed = forwarded, lag, queues, what was refused.
import { z } from '@hono/zod-openapi'

export const sinkSchema = z
  .object({
    name: z.string(),
    type: z.string(),
    state: z.enum(['ok', 'behind', 'failing']),
    sent: z.int(),
    deadLetters: z.int(),
    /** Commits, and requests passed through, that it has not taken yet. */
    lagFrames: z.int(),
    lastError: z.string(),
  })
  .openapi('Sink')

export const healthSchema = z
  .object({
    /** False when there is no receiver: the console reads a ledger that nobody writes. */
    receiver: z.boolean(),
    ready: z.boolean(),
    received: z.int(),
    committed: z.int(),
    duplicates: z.int(),
    /** By code; only codes that occurred. */
    refused: z.array(z.object({ code: z.string(), count: z.int() })),
    passedThrough: z.int(),
    size: z.int(),
    published: z.int(),
    inFlightBytes: z.int(),
    /** On disk, of spans that are not audit and wait for sinks. */
    queueBytes: z.int(),
    quarantined: z.int(),
    sinks: z.array(sinkSchema),
    disk: z.object({ freeBytes: z.number(), totalBytes: z.number(), level: z.string() }).nullable(),
    index: z.object({
      /** Records indexed, and commits of the log that are not yet looked at. */
      records: z.int(),
      behind: z.int(),
      bytes: z.int(),
      building: z.boolean(),
    }),
    /** Milliseconds by which the receiver's clock jumped, if it did. */
    clockJumps: z.int(),
  })
  .openapi('Health')

export type Health = z.infer<typeof healthSchema>

/** What stands at the top of every page. */
export const stateSchema = z
  .object({
    origin: z.string(),
    logKey: z.string(),
    published: z.int(),
    /** Records in the index, of which the newest was received at (Unix milliseconds). */
    records: z.int(),
    newestAt: z.number().nullable(),
    oldestAt: z.number().nullable(),
    /** Commits still to be indexed; 0 when it is up to date. */
    behind: z.int(),
    receiver: z.boolean(),
    /**
     * What the last verification found. Here it can only be `consistent`: whoever holds the log's
     * key could have rewritten all of it, unless a checkpoint from elsewhere agrees.
     */
    integrity: z.enum(['consistent', 'unknown', 'broken']),
    /** Leaves that it looked at; 0 when there was none. */
    verifiedSize: z.int(),
    version: z.string(),
  })
  .openapi('State')

export type State = z.infer<typeof stateSchema>
