// The rules that are code: the protocol's that no Sigma rule can say, and baselines of behaviour.
import { baselineDetectors, baselineRules } from './baselines/baselines.ts'
import type { Detector } from './detection.ts'
import { protocolDetectors, protocolRules } from './protocol/protocol.ts'
import type { CodedRule } from './stateful.ts'

/**
 * New detectors that have learned nothing, each by a name that stays the same, for `createEngine`.
 */
export function codedDetectors(): Record<string, Detector> {
  return { ...protocolDetectors(), ...baselineDetectors() }
}

/** Their rules, by row. See RULES.md. */
export const codedRules: readonly CodedRule[] = [...protocolRules, ...baselineRules].toSorted(
  (a, b) => a.row - b.row,
)
