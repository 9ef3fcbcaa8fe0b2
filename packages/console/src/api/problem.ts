// What every error of the API looks like (RFC 9457, application/problem+json).
import { z } from '@hono/zod-openapi'

export const problemSchema = z
  .object({
    /** A stable word, such as QUERY_FIELD_UNKNOWN. */
    code: z.string(),
    /** What happened, in one sentence. */
    title: z.string(),
    status: z.int(),
    /** More about this one case. */
    detail: z.string().optional(),
    /** What to do. */
    fix: z.string().optional(),
    /** Of a query: where in `q` it is wrong, in UTF-16 units, and how much of it. */
    at: z.int().optional(),
    length: z.int().optional(),
    /** Of a query: what was probably meant, to replace those units. */
    suggestions: z.array(z.string()).optional(),
  })
  .openapi('Problem')

export type Problem = z.infer<typeof problemSchema>
