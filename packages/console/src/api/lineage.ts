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

/** A refresh token that came again, and what it gave away. Records by their indexes. */
export const reuseSchema = z
  .object({
    /** Keyed hash; '' when no record names it. */
    token: z.string(),
    client: z.string(),
    /** Where it came again first, and when: ISO 8601. */
    index: z.int(),
    at: z.string(),
    /** Each time. */
    refused: z.boolean(),
    again: z.array(z.int()),
    issuedBy: z.int().nullable(),
    /** Its first use; null and '' when nobody recorded it. */
    usedBy: z.int().nullable(),
    usedAt: z.string(),
    /** Where tokens were handed out for it, and for those. */
    issued: z.array(z.int()),
    /** What revoked the last of them; null and '' when one was not revoked. */
    revokedBy: z.int().nullable(),
    revokedAt: z.string(),
    /** What was called with them and let in, before their revocation and after it. */
    calls: z.array(
      z.object({
        service: z.string(),
        what: z.string(),
        privileged: z.string(),
        before: z.int(),
        after: z.int(),
        index: z.int(),
      }),
    ),
    /** Where they were presented after the reuse, and refused. */
    refusals: z.array(z.int()),
  })
  .openapi('Reuse')

export const lineageSchema = z
  .object({
    nodes: z.array(lineageNodeSchema),
    edges: z.array(z.object({ from: z.int(), to: z.int(), kind: z.string() })),
    /** In order of time. */
    reuses: z.array(reuseSchema),
    /** The grant has more records than are shown. */
    cut: z.boolean(),
  })
  .openapi('Lineage')

export type LineageNode = z.infer<typeof lineageNodeSchema>
export type Reuse = z.infer<typeof reuseSchema>
export type Lineage = z.infer<typeof lineageSchema>
