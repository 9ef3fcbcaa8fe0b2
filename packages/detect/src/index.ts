/**
 * Rules, baselines and the policy over records, and what becomes of what they find.
 *
 * @module
 */
export {
  type Detection,
  type Detector,
  type DetectorHealth,
  type Level,
  levels,
  type RuleName,
} from './detection.ts'
export { type AuditEvent, eventOf } from './event.ts'
export {
  policyDetector,
  type PolicyDetector,
  type PolicyDetectorOptions,
} from './policy/detector.ts'
