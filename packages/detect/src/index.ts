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
export { codedDetectors, codedRules } from './coded.ts'
export { DETECT_CODES, DetectError, type DetectErrorCode } from './codes.ts'
export { createEngine, type Engine, type EngineHealth, type EngineOptions } from './engine.ts'
export { type AuditEvent, eventFromJson, eventOf } from './event.ts'
export { type EventLine, eventLines } from './io/event-lines.ts'
export { builtInRules, readRules, readRulesAndFixtures } from './io/rule-files.ts'
export { type SigmaDetector, sigmaDetector, type SigmaOptions } from './sigma/detector.ts'
export type { RuleText } from './sigma/document.ts'
export type { Fault } from './sigma/fault.ts'
export { type RuleFile, type RuleResult, type RulesReport, testRules } from './sigma/fixtures.ts'
export type { CodedRule } from './stateful.ts'
