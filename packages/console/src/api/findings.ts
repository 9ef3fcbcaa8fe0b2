// What rules found, and what people make of it.
import { z } from '@hono/zod-openapi'

export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const
export const statuses = ['open', 'acknowledged', 'closed', 'false_positive'] as const

const group = z.array(z.tuple([z.string(), z.string()]))
const author = {
  /** As they name themselves. */
  person: z.string().min(1).max(128),
  note: z.string().max(2_000),
}

export const silenceSchema = z
  .object({
    id: z.string(),
    /** '': of all rules. */
    rule: z.string(),
    group,
    until: z.number(),
    madeAt: z.number(),
    ...author,
    index: z.int(),
  })
  .openapi('Silence')

export type Silence = z.infer<typeof silenceSchema>

export const ruleFindingSchema = z
  .object({
    id: z.string(),
    /** Its leaf. */
    index: z.int(),
    rule: z.object({
      id: z.string(),
      title: z.string(),
      level: z.enum(levels),
      /** ATT&CK ids. */
      attack: z.array(z.string()),
      hash: z.string(),
    }),
    /** What its records have in common: pseudonyms where it is about persons. */
    group,
    words: z.string(),
    /** Event time, Unix milliseconds: the first time, and the last. */
    at: z.number(),
    lastAt: z.number(),
    madeAt: z.number(),
    times: z.int(),
    /** Records in all; `records` has at most 32 of them. */
    count: z.int(),
    records: z.array(z.object({ id: z.string(), index: z.int().nullable() })),
    status: z.enum(statuses),
    changes: z.array(
      z.object({ status: z.enum(statuses), ...author, madeAt: z.number(), index: z.int() }),
    ),
    silence: silenceSchema.nullable(),
  })
  .openapi('RuleFinding')

export type RuleFinding = z.infer<typeof ruleFindingSchema>

export const findingsSchema = z
  .object({
    /** The newest first, at most 200. */
    findings: z.array(ruleFindingSchema),
    /** How many are like that in all. */
    total: z.int(),
    /** Of all that are in the queue. */
    counts: z.object({
      open: z.int(),
      acknowledged: z.int(),
      closed: z.int(),
      false_positive: z.int(),
    }),
    /** Rules that found something. */
    rules: z.array(z.object({ id: z.string(), title: z.string() })),
    silences: z.array(silenceSchema),
    /** Whether decisions are taken here: somebody writes this ledger. */
    decidable: z.boolean(),
  })
  .openapi('Findings')

export type Findings = z.infer<typeof findingsSchema>

export const decisionSchema = z.object({ status: z.enum(statuses), ...author })

export const silenceOrderSchema = z.object({
  ...author,
  rule: z.union([z.uuid(), z.literal('')]),
  group: group.max(16),
  /** Unix milliseconds. */
  until: z.int(),
  /** To replace, or end, one. */
  silence: z.uuid().optional(),
})

/** The id of a leaf that is there within a second. */
export const handedOverSchema = z.object({ leaf: z.string() }).openapi('HandedOver')
