// A rule's own tests: beside NAME.yml lie NAME.fires.ndjson, events that it must find something
// in, and NAME.silent.ndjson, look-alikes that it must not. See fixtures.test.ts.
import { DetectError } from '../codes.ts'
import type { RuleName } from '../detection.ts'
import { type AuditEvent, eventFromJson } from '../event.ts'
import { type SigmaDetector, sigmaDetector } from './detector.ts'
import type { RuleText } from './document.ts'
import type { Fault } from './fault.ts'
import { isAttribute } from './fields.ts'

export const fixtureKinds = ['fires', 'silent'] as const

export type FixtureKind = (typeof fixtureKinds)[number]

/** A rule file, and those of its fixtures that there are. */
export interface RuleFile extends RuleText {
  readonly fixtures: Readonly<Partial<Record<FixtureKind, RuleText>>>
}

/** How a rule did: detections in each fixture, null where there is none. */
export interface RuleResult extends Record<FixtureKind, number | null> {
  readonly file: string
  readonly rule: RuleName
  readonly ok: boolean
}

export interface RulesReport {
  readonly results: readonly RuleResult[]
  /** Of rules and of fixtures. */
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** No faults, and every fixture as it must be. */
  readonly ok: boolean
}

/** Checks the files, and runs the fixtures of each over the rules of all. */
export function testRules(files: readonly RuleFile[]): RulesReport {
  const detector = sigmaDetector(files)
  const faults: Fault[] = [...detector.faults]
  const nothing = detector.snapshot()
  const results = files.flatMap((file): RuleResult[] => {
    const rules = detector.loaded.filter((rule) => rule.emits && rule.file === file.name)
    const counts = Object.fromEntries(
      fixtureKinds.map((kind) => {
        const fixture = file.fixtures[kind]
        if (fixture === undefined) return [kind, null]
        detector.restore(nothing)
        return [kind, countsOf(detector, eventsOf(fixture, faults))]
      }),
    ) as Record<FixtureKind, ReadonlyMap<string, number> | null>
    return rules.map(({ name }): RuleResult => {
      const count = (kind: FixtureKind): number | null =>
        counts[kind] === null ? null : (counts[kind].get(name.id) ?? 0)
      const [fires, silent] = [count('fires'), count('silent')]
      return { file: file.name, rule: name, fires, silent, ok: fires !== 0 && (silent ?? 0) === 0 }
    })
  })
  const ok = faults.length === 0 && results.every((result) => result.ok)
  return { results, faults, warnings: detector.warnings, ok }
}

function countsOf(
  detector: SigmaDetector,
  events: readonly AuditEvent[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { rule } of events.flatMap((event) => detector.take(event))) {
    counts.set(rule.id, (counts.get(rule.id) ?? 0) + 1)
  }
  return counts
}

/** A line that is no event, or has an attribute that no record has, is a fault. */
function eventsOf({ name, text }: RuleText, faults: Fault[]): readonly AuditEvent[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    const place = { file: name, line: i + 1, column: 1 }
    try {
      const event = eventFromJson(line)
      for (const [attribute] of event.attributes) {
        if (isAttribute(attribute)) continue
        const what = `no record has \`${attribute}\``
        const fix = 'Use a name of packages/record/ATTRIBUTES.md.'
        faults.push({ ...place, code: 'EVENT_MALFORMED', what, fix })
      }
      return [event]
    } catch (error) {
      if (!(error instanceof DetectError)) throw error
      const { code, fix, message } = error
      faults.push({ ...place, code, what: message, fix })
      return []
    }
  })
}
