// All detectors of a rule set under names that stay: a snapshot has each one's knowledge under it.
import { codedDetectors } from './coded.ts'
import type { Detector } from './detection.ts'
import { sealedPolicyDetector } from './policy/sealed.ts'
import type { SigmaDetector } from './sigma/detector.ts'

/**
 * Sigma rules, and with `builtIn` what no such rule can say and the policy that is in force; each
 * with nothing learned yet.
 */
export function detectorsOf(
  sigma: SigmaDetector,
  { builtIn }: { readonly builtIn: boolean },
): Record<string, Detector> {
  const policy = { policy: sealedPolicyDetector() }
  return { sigma, ...(builtIn ? { ...codedDetectors(), ...policy } : {}) }
}
