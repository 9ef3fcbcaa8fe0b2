// Events and rules for tests, with made-up identifiers.
import type { AttributeValue } from '@grantlog/record'
import type { AuditEvent } from '../src/event.ts'

export interface Given {
  readonly id?: string
  readonly atMs?: number
  readonly receivedMs?: number
  readonly index?: number | null
}

/** 2026-01-01T00:00:00Z */
export const startMs = 1_767_225_600_000

export function eventWith(
  attributes: Readonly<Record<string, AttributeValue | number>>,
  { atMs = startMs, id = 'made-up-id', index = null, receivedMs = atMs }: Given = {},
): AuditEvent {
  const entries = Object.entries(attributes).map(
    ([name, value]) => [name, typeof value === 'number' ? BigInt(value) : value] as const,
  )
  return { id, index, atMs, receivedMs, attributes: new Map(entries) }
}

let made = 0

/** A rule file of one rule; `detection` is indented by four. */
export function ruleText(detection: string, more = ''): { name: string; text: string } {
  const id = `00000000-0000-4000-8000-${String(++made).padStart(12, '0')}`
  const head = `title: A test\nid: ${id}\nlogsource:\n    product: grantlog\n    service: audit\n`
  return { name: 'test.yml', text: `${head}${more}detection:\n${detection}` }
}
