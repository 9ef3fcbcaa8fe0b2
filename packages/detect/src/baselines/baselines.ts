// The behavioural rows: what is strange is so for whom it is about. Each baseline is simple arithmetic
// over few numbers of one entity, learns before it speaks, counts by event time, and says in words how
// far off it was. Addresses and user agents are compared, kept as short hashes alone, and never told.
import type { Detector } from '../detection.ts'
import { type Check, detectorOf, type RuleText } from '../stateful.ts'
import { dormantClient, roleGranted, secretTouched } from './client-changes.ts'
import { illicitConsent } from './consent.ts'
import { devicePhishing } from './device.ts'
import { bulkData, exhaustion, massRegistration } from './rates.ts'
import { stolenSessions, stolenTokens } from './two-places.ts'

const checks: readonly (() => Check)[] = [
  stolenTokens,
  illicitConsent,
  devicePhishing,
  secretTouched,
  roleGranted,
  massRegistration,
  dormantClient,
  stolenSessions,
  bulkData,
  exhaustion,
]

/** Detectors with nothing learned yet, in a fixed order. */
export function baselineDetectors(): Detector[] {
  return checks.map((make) => detectorOf(make()))
}

/** What RULES.md says of them. */
export const baselineRules: readonly RuleText[] = checks.flatMap((make) => make().rules)
