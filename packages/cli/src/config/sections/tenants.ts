// What tenants have besides their folders: sinks, alert channels, and limits other than the usual.
import { z } from 'zod'
import { newSubjectsPerMinuteMax } from '@grantlog/ledger'
import { TENANT_LIMITS } from '@grantlog/receiver/settings'
import { tenantNameOf } from '../../options.ts'
import { tenantAlerts } from './alerts.ts'
import { sinks } from './sinks.ts'

function count(description: string, usual: number): z.ZodOptional<z.ZodInt> {
  const default_ = Number.isFinite(usual) ? `; usually ${usual}` : ''
  return z
    .int({ error: 'a limit is a whole number' })
    .min(1, { error: 'a limit is at least 1' })
    .meta({ description: `${description}${default_}` })
    .optional()
}

/** Keys of its own in a minute: of a tenant, and of the ledger in the data folder itself. */
export const newSubjectsPerMinute: z.ZodDefault<z.ZodInt> = z
  .int({ error: 'a limit is a whole number' })
  .min(1, { error: 'a limit is at least 1' })
  .default(newSubjectsPerMinuteMax)
  .meta({ description: 'new people and sessions of a minute that get a key of their own' })

const limits = z.strictObject({
  requestsPerSecond: count('requests', TENANT_LIMITS.requestsPerSecond),
  recordsPerSecond: count('records', TENANT_LIMITS.recordsPerSecond),
  inFlightBytes: count('bytes being committed', TENANT_LIMITS.inFlightBytes),
  diskBytes: count('bytes of its folder; usually without a limit', TENANT_LIMITS.diskBytes),
  quarantineBytes: count('bytes of its quarantine', TENANT_LIMITS.quarantineBytes),
  quarantineEntries: count('requests in its quarantine', TENANT_LIMITS.quarantineEntries),
  newSubjectsPerMinute: count(
    'new people and sessions of a minute that get a key of their own',
    newSubjectsPerMinuteMax,
  ),
})

function isName(text: string): boolean {
  try {
    return tenantNameOf(text) === text
  } catch {
    return false
  }
}

export const tenantName: z.ZodString = z
  .string({ error: 'a tenant has a name' })
  .refine(isName, { error: 'a name of a tenant is a-z, 0-9 and -, 63 at most' })

const tenant = z.strictObject({
  name: tenantName.meta({ description: 'as `grantlog tenants new` was given it' }),
  limits: limits.default({}).meta({ description: 'what it may have' }),
  sinks,
  alerts: tenantAlerts,
})

export const tenants = z
  .array(tenant)
  .default([])
  .superRefine((all, context) => {
    for (const [at, { name }] of all.entries()) {
      if (all.findIndex((other) => other.name === name) === at) continue
      const message = 'another entry has this name: one for each tenant'
      context.addIssue({ code: 'custom', message, path: [at, 'name'] })
    }
  })
  .meta({
    description: 'limits, sinks and alerts of tenants; all that the data folder has are served',
  })
