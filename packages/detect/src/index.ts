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
export {
  policyDetector,
  type PolicyDetector,
  type PolicyDetectorOptions,
} from './policy/detector.ts'
export { sealedPolicyDetector } from './policy/sealed.ts'
export { DETECT_CODES, DetectError, type DetectErrorCode } from './codes.ts'
export { detectorsOf } from './detectors.ts'
export { createEngine, type Engine, type EngineHealth, type EngineOptions } from './engine.ts'
export { type AuditEvent, eventFromJson, eventOf } from './event.ts'
export { type EventLine, eventLines } from './io/event-lines.ts'
export { builtInRules, readRules, readRulesAndFixtures } from './io/rule-files.ts'
export { type SigmaDetector, sigmaDetector, type SigmaOptions } from './sigma/detector.ts'
export type { RuleText } from './sigma/document.ts'
export type { Fault } from './sigma/fault.ts'
export { alertmanager, type AlertmanagerOptions } from './alerts/alertmanager.ts'
export type { Channel } from './alerts/channel.ts'
export type { ChannelStatus } from './alerts/alerts.ts'
export {
  type SecurityEventOptions,
  securityEvents,
  SESSION_REVOKED,
  type SigningKey,
} from './alerts/security-events.ts'
export { syslog, syslogFacilities, type SyslogOptions } from './alerts/syslog.ts'
export { secretOf, webhook, type WebhookOptions } from './alerts/webhook.ts'
export {
  type Author,
  decide,
  type Decision,
  type Place,
  silence,
  type SilenceOrder,
} from './decide.ts'
export type { FindingDecision, FindingState, SilenceState } from './finding-state.ts'
export { type FindingFilter, type ListedFinding, listFindings } from './findings/list.ts'
export type { FindingsView } from './findings/view.ts'
export { type FindingsReading, openFindings } from './findings-reading.ts'
export { DETECT_SECRET } from './io/store.ts'
export { signingKey } from './io/signing-key.ts'
export { sessionOf } from './session-of.ts'
export {
  type DetectionEvent,
  type DetectionStatus,
  type RunningDetection,
  startDetection,
  type StartDetectionOptions,
} from './start.ts'
export { type RuleFile, type RuleResult, type RulesReport, testRules } from './sigma/fixtures.ts'
export type { CodedRule } from './stateful.ts'
