// Exports: the records of a query in a file, with a manifest that is signed.
import { z } from '@hono/zod-openapi'

export const exportFormats = ['ndjson', 'csv', 'ocsf'] as const

export const exportSchema = z
  .object({
    id: z.string(),
    query: z.string(),
    format: z.enum(exportFormats),
    state: z.enum(['running', 'done', 'failed']),
    /** Why it failed; '' when it did not. */
    problem: z.string(),
    /** The ledger's key for exports, to check the manifest with: not that of the log. */
    key: z.string(),
    records: z.int(),
    bytes: z.int(),
    /** Below /api/v1; null until it is done. */
    data: z.string().nullable(),
    /** A signed note over what the file is: query, count, SHA-256, checkpoint. */
    manifest: z.string().nullable(),
  })
  .openapi('Export')

export type Export = z.infer<typeof exportSchema>
