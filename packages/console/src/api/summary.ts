// What a set of records looks like from afar: facets, a histogram, latencies.
import { z } from '@hono/zod-openapi'

export const facetSchema = z
  .object({
    /** A field of the query language. */
    field: z.string(),
    /** The most frequent first. A value of a pseudonym is its hash. */
    values: z.array(z.object({ value: z.string(), count: z.int() })),
    /** How many further values there are, and in how many of the records together. */
    more: z.int(),
    moreCount: z.int(),
    /** Records without the field. */
    missing: z.int(),
  })
  .openapi('Facet')

export type Facet = z.infer<typeof facetSchema>

export const facetsSchema = z
  .object({ total: z.int(), facets: z.array(facetSchema), tookMs: z.number() })
  .openapi('Facets')

export type Facets = z.infer<typeof facetsSchema>

const countedSchema = z.object({ value: z.string(), count: z.int() })

export const breakdownSchema = z
  .object({
    total: z.int(),
    /** Values of `by`, the most frequent first; '' of records without one. */
    groups: z.array(
      countedSchema.extend({
        /** Values of `into` among them, likewise; those that are not told are the rest. */
        parts: z.array(countedSchema),
      }),
    ),
  })
  .openapi('Breakdown')

export type Breakdown = z.infer<typeof breakdownSchema>

export const histogramSchema = z
  .object({
    /** Unix milliseconds (received): the first bucket begins at `from`, the last ends at `to`. */
    from: z.number(),
    to: z.number(),
    bucketMs: z.number(),
    total: z.int(),
    /** One for each of the most frequent values, then `''` for all others; counts by bucket. */
    series: z.array(z.object({ value: z.string(), counts: z.array(z.int()) })),
  })
  .openapi('Histogram')

export type Histogram = z.infer<typeof histogramSchema>

export const latencySchema = z
  .object({
    groups: z.array(
      z.object({
        value: z.string(),
        count: z.int(),
        /** Quantiles of the duration, at most 3 % off. */
        p50Ms: z.number(),
        p95Ms: z.number(),
        p99Ms: z.number(),
        maxMs: z.number(),
      }),
    ),
  })
  .openapi('Latency')

export type Latency = z.infer<typeof latencySchema>
