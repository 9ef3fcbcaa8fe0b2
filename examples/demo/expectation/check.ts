// Compares the records of a ledger with the expectation file: missing, extra and different ones are
// each told by name. See check.test.ts.
import type { ExpectedRecord } from './expectation.ts'
import { type Field, fields } from './fields.ts'
import { Names } from './names.ts'
import type { SeenRecord } from './records.ts'

/** What a step was expected to leave, and what it left. */
export interface StepReport {
  readonly step: string
  readonly seen: readonly SeenRecord[]
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly different: readonly string[]
}

export interface CheckedStep {
  readonly step: string
  /** null: the records that belong to no other step. */
  readonly traceId: string | null
  readonly expected: readonly ExpectedRecord[]
}

/** One report for each step, in order. */
export function checkRecords(
  steps: readonly CheckedStep[],
  seen: readonly SeenRecord[],
): StepReport[] {
  const names = new Names()
  const traces = new Set(steps.map(({ traceId }) => traceId))
  const of = (traceId: string | null): SeenRecord[] =>
    seen.filter((one) => (traceId === null ? !traces.has(one.traceId) : one.traceId === traceId))
  return steps.map(({ expected, step, traceId }) => {
    const here = of(traceId)
    const { extra, missing, pairs } = pairUp(expected, here)
    const different = pairs.flatMap(([want, have]) =>
      differences(want, have, names).map((text) => `${step}: ${nameOf(want)}: ${text}`),
    )
    return {
      step,
      seen: here,
      missing: missing.map((want) => `${step}: ${nameOf(want)}`),
      extra: extra.map((have) => `${step}: ${nameOf(have)} (#${have.index})`),
      different,
    }
  })
}

type Pair = readonly [ExpectedRecord, SeenRecord]

/** Each expected record with the one that is most like it, of the same service and action. */
function pairUp(expected: readonly ExpectedRecord[], seen: readonly SeenRecord[]) {
  const left = new Set(seen)
  const pairs: Pair[] = []
  const missing: ExpectedRecord[] = []
  const tries = expected.flatMap((want) =>
    seen
      .filter(({ action, service }) => action === want.action && service === want.service)
      .map((have) => ({ want, have, distance: differences(want, have, null).length })),
  )
  const open = new Set(expected)
  for (const { have, want } of tries.toSorted((a, b) => a.distance - b.distance)) {
    if (!open.has(want) || !left.has(have)) continue
    open.delete(want)
    left.delete(have)
    pairs.push([want, have])
  }
  missing.push(...open)
  // Names are given their meaning in the order of the file.
  const inOrder = pairs.toSorted(([a], [b]) => expected.indexOf(a) - expected.indexOf(b))
  return { pairs: inOrder, missing, extra: [...left] }
}

/** What the record says otherwise; `names` null: without what names stand for. */
function differences(want: ExpectedRecord, have: SeenRecord, names: Names | null): string[] {
  const wrong: string[] = []
  if (have.outcome !== want.outcome) wrong.push(`outcome is ${have.outcome}, not ${want.outcome}`)
  if (have.tookMs < (want.tookMs ?? 0)) wrong.push(`it took ${have.tookMs} ms`)
  for (const [field, expected] of Object.entries(want.says)) {
    const value = have.attributes.get(fields[field as Field])
    const said = typeof value === 'bigint' ? Number(value) : (value ?? null)
    if (typeof expected === 'string' && expected.startsWith('$')) {
      const problem = names?.problemWith(expected, said) ?? null
      if (problem !== null) wrong.push(`${field} ${problem}`)
    } else if (typeof expected === 'object' && expected !== null) {
      const isEnough = typeof said === 'number' && said >= expected.atLeast
      if (!isEnough) wrong.push(`${field} is ${said}, less than ${expected.atLeast}`)
    } else if (said !== expected) wrong.push(`${field} is ${said}, not ${expected}`)
  }
  return wrong
}

function nameOf({ action, service }: { readonly action: string; readonly service: string }) {
  return `${action} of ${service}`
}
