// Whether the log is what it was: checkpoints, streams, gaps, verifications.
import { z } from '@hono/zod-openapi'

export const findingSchema = z
  .object({
    code: z.string(),
    what: z.string(),
    /** Place in the log; null when it is about none. */
    index: z.int().nullable(),
  })
  .openapi('Finding')

/** `grantlog verify` of the whole log, or `grantlog reconcile` of it. */
export const runSchema = z
  .object({
    id: z.string(),
    what: z.enum(['tree', 'full', 'comparison']),
    /** Of a comparison; '': the streams of all. */
    service: z.string(),
    /** `incomplete`: too little was there to compare. */
    state: z.enum(['running', 'passed', 'failed', 'incomplete', 'broken-off']),
    startedAt: z.number(),
    endedAt: z.number().nullable(),
    /** Leaves looked at, and how many there are; 0 where that is not told. */
    done: z.int(),
    of: z.int(),
    findings: z.array(findingSchema),
    /** All findings, not only those told. */
    findingsTotal: z.int(),
    /** Who asked: `console` or `schedule`. */
    by: z.string(),
  })
  .openapi('Run')

export type Run = z.infer<typeof runSchema>

export const streamSchema = z
  .object({
    service: z.string(),
    kid: z.string(),
    instance: z.string(),
    state: z.enum(['open', 'closed', 'unclosed', 'silent']),
    records: z.int(),
    /** Numbers that are missing, and ranges of them. */
    missing: z.int(),
    lastSeenAt: z.number().nullable(),
  })
  .openapi('Stream')

export const integritySchema = z
  .object({
    origin: z.string(),
    /** The log's public key, a vkey. */
    logKey: z.string(),
    /** The published checkpoint; null before the first. */
    checkpoint: z.object({ size: z.int(), root: z.string(), note: z.string() }).nullable(),
    /** Leaves committed, and of them under the checkpoint. */
    committed: z.int(),
    published: z.int(),
    streams: z.object({ open: z.int(), closed: z.int(), unclosed: z.int(), missing: z.int() }),
    /** Streams that miss something or do not answer, then the newest; at most 200. */
    streamList: z.array(streamSchema),
    lastRun: runSchema.nullable(),
    /** The last that passed or failed; a failure stays until as much has passed. */
    standing: runSchema.nullable(),
    lastComparison: runSchema.nullable(),
    /** Services whose records can be compared now; '' for the streams of all. */
    comparable: z.array(z.string()),
    validations: z.array(
      z.object({
        service: z.string(),
        at: z.number(),
        verdict: z.string(),
        /** Place of its leaf. */
        index: z.int(),
        brief: z.string(),
      }),
    ),
  })
  .openapi('Integrity')

export type Integrity = z.infer<typeof integritySchema>
