// The behavioural rows: what is strange is so for whom it is about. Each baseline is simple
// arithmetic over few numbers of one entity, learns before it speaks, counts by event time, and
// says in words how far off it was. Addresses and user agents are compared, kept as short hashes,
// networks as such in memory alone, and never told.
import type { Check } from '../stateful.ts'
import { dormantClient, roleGranted, secretTouched } from './client-changes.ts'
import { illicitConsent } from './consent.ts'
import { devicePhishing } from './device.ts'
import { bulkData, exhaustion, massRegistration } from './rates.ts'
import { stolenSessions, stolenTokens } from './two-places.ts'

/** By the names that snapshots know them by. */
export const baselines: Readonly<Record<string, () => Check>> = {
  'baseline.stolen-tokens': stolenTokens,
  'baseline.illicit-consent': illicitConsent,
  'baseline.device-phishing': devicePhishing,
  'baseline.secret-touched': secretTouched,
  'baseline.role-granted': roleGranted,
  'baseline.mass-registration': massRegistration,
  'baseline.dormant-client': dormantClient,
  'baseline.stolen-sessions': stolenSessions,
  'baseline.bulk-data': bulkData,
  'baseline.exhaustion': exhaustion,
}
