// One policy as a detector: what each record shows is counted by whom it is about and in which
// hour. The same records in the same order tell the same, also from a snapshot on. See
// detector.test.ts; the policies that are in force one after another: sealed.ts.
import type { JsonValue, Policy } from '@grantlog/record'
import type { Detector } from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { accessOf } from './access.ts'
import { createLook, type Sighting } from './look.ts'
import { createPrivileged } from './privileged.ts'
import { createRights } from './rights.ts'
import { rulesOf } from './rules.ts'
import { tell } from './tally.ts'
import { createTrail, type IsKnownPolicy } from './trail.ts'
import { createWindows } from './windows.ts'

export interface PolicyDetectorOptions {
  /**
   * Whether the log had a policy with a hash before a record. To be the same at a restart and in a
   * replay it goes by places in the log, not by what is known now. Default: all are known.
   */
  readonly isKnown?: IsKnownPolicy
}

export interface PolicyDetector extends Detector {
  /** Records of what was let in or done, of which the policy asks for what is not known. */
  readonly unjudged: () => number
}

export function policyDetector(
  policy: Policy,
  { isKnown = () => true }: PolicyDetectorOptions = {},
): PolicyDetector {
  const rules = rulesOf(policy)
  const windows = createWindows()
  const see = createSee(policy, isKnown)
  let unjudged = 0
  return {
    rules: [...rules.values()],
    take: (event) => {
      const { isUnjudged, sightings } = see(event)
      if (isUnjudged) unjudged++
      return sightings.flatMap((one) => tell(one, event, { rules, windows }))
    },
    unjudged: () => unjudged,
    snapshot: () => ({ unjudged, of: windows.snapshot() }),
    restore: (snapshot) => {
      const { of, unjudged: before } = snapshot as { of: JsonValue; unjudged: number }
      unjudged = before
      windows.restore(of)
    },
    health: () => ({ held: windows.size(), evicted: windows.evicted(), errors: new Map() }),
  }
}

/** What a record shows of the policy; nothing is remembered. */
export type See = (event: AuditEvent) => {
  readonly sightings: readonly Sighting[]
  readonly isUnjudged: boolean
}

export function createSee(policy: Policy, isKnown: IsKnownPolicy): See {
  const look = createLook(policy)
  const [rightsOf, privilegedOf] = [createRights(policy), createPrivileged(policy)]
  const trailOf = createTrail(policy, isKnown)
  return (event) => {
    const seen = look(event)
    const { isUnjudged, sighting } = accessOf(seen)
    const privileged = privilegedOf(seen)
    const sightings = sighting === null ? [] : [sighting]
    sightings.push(...rightsOf(seen), ...privileged.sightings, ...trailOf(seen))
    return { sightings, isUnjudged: isUnjudged || privileged.isUnjudged }
  }
}
