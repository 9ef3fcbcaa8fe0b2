// What a page needs to help somebody write a query.
import { z } from '@hono/zod-openapi'

export const fieldSchema = z
  .object({
    /** As it is written in a query: `client`. */
    name: z.string(),
    /** Attributes of the registry that it looks at: `oauth.client.id`. Also names for it. */
    attributes: z.array(z.string()),
    title: z.string(),
    brief: z.string(),
    /**
     * `word`: one value; `list`: any of several; `hash`: a pseudonym, matched whole; `personal`: a
     * value that is stored encrypted, matched whole; `number`; `duration`: `250ms`, `2s`; `time`:
     * ISO 8601 or `-24h`; `boolean`.
     */
    type: z.enum(['word', 'list', 'hash', 'personal', 'number', 'duration', 'time', 'boolean']),
    /** The values that the registry knows; [] when they are open. */
    values: z.array(z.string()),
    /** May be asked for as a facet. */
    facet: z.boolean(),
    example: z.string(),
  })
  .openapi('Field')

export type Field = z.infer<typeof fieldSchema>

export const fieldsSchema = z.object({ fields: z.array(fieldSchema) }).openapi('Fields')

export const completionsSchema = z
  .object({
    /** The units of `q` that a suggestion takes the place of. */
    from: z.int(),
    to: z.int(),
    suggestions: z.array(
      z.object({
        text: z.string(),
        kind: z.enum(['field', 'value', 'operator']),
        /** What the field or value means; '' when nobody says. */
        brief: z.string(),
        /** In how many records; null when it is not counted. */
        count: z.int().nullable(),
      }),
    ),
  })
  .openapi('Completions')

export type Completions = z.infer<typeof completionsSchema>
