// `grantlog show`: all that one record says. See test/show.test.ts.
import type { Command } from 'commander'
import {
  compromisedSince,
  findPage,
  type LedgerRecord,
  prepare,
  type Reading,
  recordJson,
  withoutPersonal,
} from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { compromisedMark, compromiseText } from '../compromised-text.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { addIndexOption, type IndexFlags, openIndexed } from '../index-folder.ts'
import { isoOf } from '../moment-text.ts'
import { printable } from '../printable.ts'
import { queryOf } from '../query-words.ts'
import { paintOutcome } from '../record-text.ts'
import { formatFacts, type Terminal, wrap } from '../terminal.ts'

export interface ShowFlags extends IndexFlags {
  readonly showPersonal?: boolean
}

export function describeShow(command: Command): Command {
  return addIndexOption(command)
    .summary('show all that one record says')
    .argument('<record>', 'record id, or index as `search` and `tail` show it: 140 or #140')
    .option('--show-personal', 'show who and from where, not only pseudonyms')
}

/** Errors: RECORD_UNKNOWN, and those of `openIndexed`. */
export async function show(
  target: string,
  flags: ShowFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const query = queryFor(target)
  const reading = await openIndexed(flags, terminal)
  try {
    const record = await recordOf(reading, query)
    if (record === null) throw new CliError('RECORD_UNKNOWN', target)
    const since = await compromisedSince(reading)(record)
    const shown = flags.showPersonal === true ? record : withoutPersonal(record)
    if (terminal.json) {
      terminal.out(JSON.stringify({ ...recordJson(shown), ...compromisedMark(since) }))
      return EXIT.ok
    }
    print(shown, { hidden: record.attributes.size - shown.attributes.size, since }, terminal)
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

function queryFor(target: string): string {
  const [, index] = /^#?(\d{1,15})$/.exec(target) ?? []
  if (index !== undefined) return `index:${index}`
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(target)) return `id:${target}`
  throw new CliError('RECORD_UNKNOWN', target)
}

async function recordOf({ index, records }: Reading, query: string): Promise<LedgerRecord | null> {
  const prepared = prepare(queryOf([query]), index, Date.now())
  const { rows } = await findPage(index, prepared, { limit: 1, order: 'oldest', behind: null })
  return rows[0] === undefined ? null : records.record(index.place(rows[0]))
}

interface Beside {
  /** Attributes that are not shown. */
  readonly hidden: number
  /** Unix seconds; null: nobody declared its key compromised. */
  readonly since: number | null
}

function print(record: LedgerRecord, { hidden, since }: Beside, terminal: Terminal): void {
  const { columns = Infinity, err, out, paint } = terminal
  const { attributes, index, leaf, view } = record
  const outcome = String(attributes.get(ATTR.AUDIT_OUTCOME) ?? '')
  const action = printable(String(attributes.get(ATTR.AUDIT_ACTION) ?? ''))
  out(`#${index} ${paint.bold(action)} ${paintOutcome(outcome, printable(outcome), paint)}`)
  const { endTimeUnixNano, startTimeUnixNano } = view
  const facts: [string, string][] = [
    ['received', isoOf(leaf.receivedAt)],
    ['began', isoOf(Number(startTimeUnixNano / 1_000_000n))],
    ['took', `${Number(endTimeUnixNano - startTimeUnixNano) / 1_000_000} ms`],
    ['record', leaf.id],
    ['stream', `number ${leaf.seq} of instance ${leaf.instance}`],
    ['key', leaf.kid],
    ['trace', `${view.traceId}, span ${view.spanId}`],
  ]
  out(formatFacts(facts, terminal))
  const told = Array.from(attributes, ([name, value]): [string, string] => {
    return [name, printable(String(value))]
  }).toSorted(([a], [b]) => (a < b ? -1 : 1))
  out('')
  out(formatFacts(told, terminal))
  const tell = (text: string): void => {
    for (const line of wrap(text, columns)) err(line)
  }
  if (since !== null) {
    tell(paint.yellow(`Sealed under the ${compromiseText({ kid: leaf.kid, since })}.`))
  }
  if (hidden > 0) tell(`${hidden} personal attributes are not shown: --show-personal.`)
  tell(
    `\`grantlog prove ${index}\` writes its proof, \`grantlog lineage ${index}\` tells the rest.`,
  )
}
