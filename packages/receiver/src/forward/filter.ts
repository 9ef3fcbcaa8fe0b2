// Which records a sink gets, such as denials only to a SIEM. By what was signed: the canonical
// form. See grpc.test.ts.
import { ATTR } from '@grantlog/record'
import type { StoredRecord } from './project.ts'
import type { SinkFilter } from './sink-options.ts'

interface Canonical {
  readonly attributes: Readonly<Record<string, { readonly stringValue?: string } | undefined>>
}

/** A record, or log record, has one word of each list that is there. */
export function filterOf({
  actions,
  outcomes,
}: SinkFilter): (record: Pick<StoredRecord, 'canonical'>) => boolean {
  const isOutcome = outcomes === undefined ? always : oneOf(outcomes)
  const isAction = actions === undefined ? always : oneOf(actions)
  return ({ canonical }) => {
    const { attributes } = JSON.parse(Buffer.from(canonical).toString()) as Canonical
    const text = (name: string): string => attributes[name]?.stringValue ?? ''
    return isOutcome(text(ATTR.AUDIT_OUTCOME)) && isAction(text(ATTR.AUDIT_ACTION))
  }
}

const always = (): boolean => true

function oneOf(words: readonly string[]): (text: string) => boolean {
  const exact = new Set(words)
  const starts = words.filter((word) => word.endsWith('*')).map((word) => word.slice(0, -1))
  return (text) => exact.has(text) || starts.some((start) => text.startsWith(start))
}
