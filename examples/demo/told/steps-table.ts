// What happened, as a table: each step with the records that it left.
import { ATTR } from '@grantlog/record'
import type { StepReport } from '../expectation/check.ts'
import type { SeenRecord } from '../expectation/records.ts'
import type { Story } from '../story.ts'

const nameColumns = 25

/** One line for each step, and what was expected otherwise below it. */
export function tellSteps(reports: readonly StepReport[], story: Story): void {
  story.part('What happened', 'Each step, and the records that the services made of it.')
  for (const { different, extra, missing, seen, step } of reports) {
    const wrong = [
      ...missing.map((text) => `missing: ${text}`),
      ...extra.map((text) => `extra: ${text}`),
      ...different.map((text) => `different: ${text}`),
    ]
    const text = `${step.padEnd(nameColumns)} ${recordsIn(seen)}`
    if (wrong.length === 0) story.good(cut(text, story.columns - 5))
    else story.bad(text)
    for (const line of wrong) story.say(`       ${line}`)
  }
}

/** By service: `login: authorize …, token · web: token`. */
function recordsIn(seen: readonly SeenRecord[]): string {
  const services = Map.groupBy(seen, ({ service }) => service)
  const parts = [...services].map(([service, records]) => {
    return `${service}: ${records.map(shortOf).join(', ')}`
  })
  return parts.join(' · ')
}

const marks: Record<string, string> = { success: '', challenge: ' …' }

/** The action without its prefix, how it ended if not well, and why. */
function shortOf({ action, attributes, outcome }: SeenRecord): string {
  const reason = attributes.get(ATTR.OAUTH_ERROR_REASON)
  const why = reason === undefined ? '' : ` (${String(reason)})`
  return `${action.replace(/^oauth\./, '')}${marks[outcome] ?? ` ${outcome}`}${why}`
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
}
