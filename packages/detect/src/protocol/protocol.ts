// The rows of the protocol that no Sigma rule can say, for what decides them is in the past and no
// correlation has the words: more redemptions than codes, a count that falls, a set that grew. Each
// is a detector of its own, so that one which fails misses only what is its own.
import type { Detector } from '../detection.ts'
import { type Check, detectorOf, type RuleText } from '../stateful.ts'
import { codeRedeemedTwice } from './code-redeemed-twice.ts'
import { crossing } from './crossing.ts'
import { newActor } from './new-actor.ts'
import { pkceGone } from './pkce-gone.ts'
import { redirectChanged } from './redirect-changed.ts'
import { refreshReused } from './refresh-reused.ts'
import { scopeGrew } from './scope-grew.ts'
import { subjectIsAClient } from './subject-is-a-client.ts'
import { tokenOfAnotherClient } from './token-of-another-client.ts'
import { usedAfterEnd } from './used-after-end.ts'

const checks: readonly (() => Check)[] = [
  codeRedeemedTwice,
  pkceGone,
  redirectChanged,
  crossing,
  tokenOfAnotherClient,
  refreshReused,
  scopeGrew,
  newActor,
  usedAfterEnd,
  subjectIsAClient,
]

/** Detectors with nothing learned yet, in a fixed order. */
export function protocolDetectors(): Detector[] {
  return checks.map((make) => detectorOf(make()))
}

/** What RULES.md says of them. */
export const protocolRules: readonly RuleText[] = checks.flatMap((make) => make().rules)
