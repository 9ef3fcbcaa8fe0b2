// The records of a flow beside those that its row expects.
import type { StoredRecord } from '../../packages/sdk/test/fixtures/sink.ts'
import type { ExpectedRecord, Says } from './row.ts'

/** A line for each record that is missing, says something else, or that nobody expects. */
export function missingOf(
  records: readonly StoredRecord[],
  expected: readonly ExpectedRecord[],
): string[] {
  const own = records.filter(({ span }) => !span.name.startsWith('audit.stream.'))
  const length = Math.max(own.length, expected.length)
  return Array.from({ length }, (_, i) => lineOf(i, own[i], expected[i])).filter(
    (line) => line !== null,
  )
}

function lineOf(i: number, record?: StoredRecord, expected?: ExpectedRecord): string | null {
  if (expected === undefined) return `record ${i}: nobody expects ${record && tellOf(record)}`
  const [action, outcome, says = {}] = expected
  if (record === undefined) return `record ${i}: ${action} ${outcome} is missing`
  const all: Says = { 'audit.action': action, 'audit.outcome': outcome, ...says }
  const wrong = Object.entries(all).flatMap(([name, wanted]) => {
    const value = record.attributes.get(name) ?? null
    const isRight = wanted instanceof RegExp ? wanted.test(textOf(value)) : isSame(value, wanted)
    return isRight ? [] : [`${name} is ${textOf(value)}, not ${textOf(wanted)}`]
  })
  return wrong.length === 0 ? null : `record ${i}, ${action} ${outcome}: ${wrong.join('; ')}`
}

function isSame(value: unknown, wanted: unknown): boolean {
  const isCount = typeof value === 'bigint' && typeof wanted === 'number'
  return isCount ? value === BigInt(wanted) : value === wanted
}

function tellOf({ attributes }: StoredRecord): string {
  const names = ['audit.action', 'audit.outcome', 'oauth.error.reason', 'oauth.library.name']
  return names.map((name) => textOf(attributes.get(name))).join(' ')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(value)
}
