// What is read of the receiver's `/readyz`: it may be of another version, or not there.
import { z } from '@hono/zod-openapi'

const count = z.number().catch(0)

export const statusSchema = z.object({
  ready: z.boolean().catch(false),
  received: count,
  committed: count,
  duplicates: count,
  refused: z.record(z.string(), z.number()).catch({}),
  passedThrough: count,
  size: count,
  published: count,
  inFlightBytes: count,
  queueBytes: count,
  quarantine: z.object({ spans: z.record(z.string(), z.number()) }).catch({ spans: {} }),
  sinks: z
    .array(
      z.object({
        name: z.string(),
        type: z.string(),
        forwarded: count,
        refused: count,
        retries: count,
        reason: z.string().catch(''),
        lag: z.object({ commits: count, logs: count, passThrough: count }),
        stopped: z.boolean().catch(false),
      }),
    )
    .catch([]),
  disk: z
    .object({ freeBytes: z.number(), usedPercent: z.number(), level: z.string() })
    .nullable()
    .catch(null),
  clock: z.object({ jumps: count }).partial().catch({}),
})

/** What the receiver says, as far as `schema` reads it; null when it says nothing of the kind. */
export async function toldBy<T extends z.ZodType>(
  receiver: () => Promise<unknown>,
  schema: T,
): Promise<z.infer<T> | null> {
  const found = schema.safeParse(await receiver().catch(() => null))
  return found.success ? found.data : null
}
