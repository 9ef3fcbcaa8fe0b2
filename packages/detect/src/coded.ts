// The rules that are code: the protocol's that no Sigma rule can say, and baselines of behaviour.
import { baselines } from './baselines/baselines.ts'
import type { Detector } from './detection.ts'
import { protocolChecks } from './protocol/protocol.ts'
import { type CodedRule, detectorOf } from './stateful.ts'

const checks = Object.entries({ ...protocolChecks, ...baselines })

/**
 * New detectors that have learned nothing, each by a name that stays the same, for `createEngine`.
 */
export function codedDetectors(): Record<string, Detector> {
  return Object.fromEntries(checks.map(([name, make]) => [name, detectorOf(make())]))
}

/** Their rules, by row. See RULES.md. */
export const codedRules: readonly CodedRule[] = checks
  .flatMap(([, make]) => make().rules)
  .toSorted((a, b) => a.row - b.row)
