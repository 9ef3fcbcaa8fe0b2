// The queue of findings, as the API tells it, and what people decide on its way to be sealed. See
// findings.test.ts.
import {
  type Decision,
  type FindingFilter,
  type FindingsReading,
  listFindings,
  type SilenceOrder,
} from '@grantlog/detect'
import { LedgerError } from '@grantlog/ledger'
import type { Findings, RuleFinding } from '../api/findings.ts'
import { ConsoleError } from './codes.ts'
import { MAX_FINDING_ROWS } from './limits.ts'

/** What the server is given of findings. */
export interface FindingsSource {
  readonly reading: FindingsReading
  /** Absent: nobody writes this ledger, and nothing can be decided from here. */
  readonly decide?: (decision: Decision) => Promise<string>
  readonly silence?: (order: SilenceOrder) => Promise<string>
}

export async function findingsOf(
  { decide, reading }: FindingsSource,
  filter: FindingFilter,
  now: number,
): Promise<Findings> {
  await reading.refresh()
  const { view } = reading
  const listed = listFindings(view, filter, now)
  const counts = { open: 0, acknowledged: 0, closed: 0, false_positive: 0 }
  const rules = new Map<string, string>()
  for (const { rule, status } of view.findings) {
    counts[status]++
    rules.set(rule.id, rule.title)
  }
  return {
    findings: listed.slice(0, MAX_FINDING_ROWS).map(told),
    total: listed.length,
    counts,
    rules: Array.from(rules, ([id, title]) => ({ id, title })),
    silences: [...view.silences].filter(({ until }) => until > now).map(toldSilence),
    decidable: decide !== undefined,
  }
}

export async function findingOf(
  { reading }: FindingsSource,
  id: string,
  now: number,
): Promise<RuleFinding> {
  await reading.refresh()
  const finding = reading.view.get(id)
  if (finding === undefined) throw new ConsoleError('CONSOLE_FINDING_UNKNOWN')
  return told({ ...finding, silence: reading.view.silenceOf(finding, now) ?? null })
}

/** Resolves to the id of the leaf that is made of it. */
export async function decided(source: FindingsSource, decision: Decision): Promise<string> {
  await source.reading.refresh()
  if (source.reading.view.get(decision.finding) === undefined) {
    throw new ConsoleError('CONSOLE_FINDING_UNKNOWN')
  }
  return handedOver(source.decide?.(decision))
}

export async function silenced(source: FindingsSource, order: SilenceOrder): Promise<string> {
  return handedOver(source.silence?.(order))
}

async function handedOver(handing: Promise<string> | undefined): Promise<string> {
  if (handing === undefined) throw new ConsoleError('CONSOLE_RECEIVER_SILENT')
  try {
    return await handing
  } catch (error) {
    if (!(error instanceof LedgerError && error.code === 'LEDGER_FORMAT')) throw error
    throw new ConsoleError('CONSOLE_PARAMETER_INVALID', error.message)
  }
}

type Listed = ReturnType<typeof listFindings>[number]

/** The API's own arrays: what a view holds is not for others to change. */
function told({ changes, group, records, rule, silence, ...rest }: Listed): RuleFinding {
  return {
    ...rest,
    rule: { ...rule, attack: [...rule.attack] },
    group: pairsOf(group),
    records: [...records],
    changes: [...changes],
    silence: silence && toldSilence(silence),
  }
}

function toldSilence({
  group,
  ...rest
}: NonNullable<Listed['silence']>): Findings['silences'][number] {
  return { ...rest, group: pairsOf(group) }
}

function pairsOf(group: Listed['group']): [string, string][] {
  return group.map(([name, value]) => [name, value])
}
