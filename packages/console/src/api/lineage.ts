// The life of a grant across services, as `@grantlog/query` tells it.
import { z } from '@hono/zod-openapi'

export const lineageNodeSchema = z
  .object({
    index: z.int(),
    id: z.string(),
    /** Start, ISO 8601 with microseconds. */
    at: z.string(),
    service: z.string(),
    role: z.string(),
    action: z.string(),
    /** Grant type, or method and route. */
    detail: z.string(),
    outcome: z.string(),
    reason: z.string(),
    revocation: z.string(),
    client: z.string(),
    userHash: z.string(),
    session: z.string(),
    scope: z.string(),
    active: z.boolean().nullable(),
    /** Index of the server's record of the same request. */
    twinOf: z.int().nullable(),
    privileged: z.string(),
    expiresAt: z.string(),
    revokedAt: z.string(),
    expired: z.boolean(),
    /** `refresh-reuse`, `code-replay`, `use-after-revocation`, `refused-after-revocation`, … */
    flags: z.array(z.string()),
    user: z.string().optional(),
    address: z.string().optional(),
  })
  .openapi('LineageNode')

export const lineageSchema = z
  .object({
    nodes: z.array(lineageNodeSchema),
    edges: z.array(z.object({ from: z.int(), to: z.int(), kind: z.string() })),
    /** The grant has more records than are shown. */
    cut: z.boolean(),
  })
  .openapi('Lineage')

export type LineageNode = z.infer<typeof lineageNodeSchema>
export type Lineage = z.infer<typeof lineageSchema>
