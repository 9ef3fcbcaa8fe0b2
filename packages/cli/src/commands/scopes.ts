// `grantlog scopes`: what each client, or role, may do, asked for, got and used. See
// test/alive.test.ts.
import { type Command, Option } from 'commander'
import { prepare, type ScopeFinding, type ScopeRow, scopesBy, type ScopeUse } from '@grantlog/query'
import { printAlive } from '../alive-text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { addIndexOption, type IndexFlags, openAsked } from '../index-folder.ts'
import { wholeNumber } from '../options.ts'
import { counted, grouped } from '../progress.ts'
import type { TermFlags } from '../query-words.ts'
import type { Terminal } from '../terminal.ts'
import { addQuery, addTermOptions } from './search.ts'

export interface ScopesFlags extends IndexFlags, TermFlags {
  readonly by: 'client' | 'role'
  readonly findings?: boolean
  readonly limit: number
}

const examples = `
Findings:
  never granted  needed by a request that was let in; no grant of it is known
  not allowed    asked for, though the registration does not allow it
  missing        a request was refused because it was missing
  never used     granted, and nothing that was let in needed it: take it away?

Examples:
  grantlog scopes --findings                   what is too much, or too little
  grantlog scopes --by role after:-30d         by the roles of users
  grantlog search 'client:web missing:admin'   the requests behind a number`

export function describeScopes(command: Command): Command {
  return addTermOptions(addQuery(addIndexOption(command)))
    .summary('show scopes allowed, requested, granted and used, by client or role')
    .description('Counts of the records that match the query, by scope and client or role.')
    .addOption(new Option('--by <whom>', 'whose').choices(['client', 'role']).default('client'))
    .option('--findings', 'only scopes of which something should be looked at')
    .option('--limit <n>', 'show so many at most', wholeNumber, 200)
    .addHelpText('after', examples)
}

export async function scopes(
  words: readonly string[],
  flags: ScopesFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { query, reading } = await openAsked(words, flags, terminal)
  try {
    const { index } = reading
    const now = Date.now()
    const { cut, rows } = await scopesBy(index, prepare(query, index, now), flags.by)
    const since = index.first?.fromMs ?? now
    const kept = rows.map((row) => ({ ...row, scopes: row.scopes.filter(isShown(flags)) }))
    const told = flags.findings === true ? kept.filter((row) => row.scopes.length > 0) : kept
    if (terminal.json) {
      terminal.out(JSON.stringify({ by: flags.by, rows: told, since, cut }))
      return EXIT.ok
    }
    const lines = told.flatMap((row) => linesOf(row))
    const shown = lines.slice(0, flags.limit)
    const { paint } = terminal
    printAlive(
      {
        head: [flags.by, ...head],
        ...{ rows: shown, optional, numbers },
        paintCell: (column, text) => (column === 'finding' ? paint.yellow(text) : text),
        none: noneOf(flags, rows),
        of: counted(rows.length, flags.by),
        counts: countsOf(rows),
        next: `${columnsTold} \`grantlog search ${rowFields[flags.by]}:NAME\` finds the records.`,
        ...{ shown: shown.length, total: lines.length, since, cut },
      },
      terminal,
    )
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

const head = ['scope', 'allowed', 'requested', 'granted', 'used', 'missing', 'finding']
const numbers = ['allowed', 'requested', 'granted', 'used', 'missing']
const optional = ['allowed', 'requested']

const columnsTold =
  'Each column counts records: by which a scope may be had (allowed), was asked for, granted, ' +
  'used by a request that was let in, or lacked by one that was refused (missing, as a finding).'

/** The field of the query language that a row is of. */
const rowFields = { client: 'client', role: 'userrole' } as const

const findingWords: Readonly<Record<ScopeFinding, string>> = {
  beyond: 'never granted',
  unallowed: 'not allowed',
  short: 'missing',
  idle: 'never used',
}

function isShown({ findings }: ScopesFlags): (use: ScopeUse) => boolean {
  return (use) => findings !== true || use.findings.length > 0
}

/** A line for each scope, those with the worst findings first, then those granted most. */
function linesOf({ name, scopes: uses }: ScopeRow): string[][] {
  const number = (count: number): string => (count === 0 ? '' : grouped(count))
  return uses.toSorted(byWeight).map((use) => {
    const { allowed, granted, missing, requested, used } = use
    return [
      ...[name, use.scope],
      ...[allowed, requested, granted, used, missing].map(number),
      use.findings.map((finding) => findingWords[finding]).join(', '),
    ]
  })
}

const severity = Object.keys(findingWords)

function byWeight(a: ScopeUse, b: ScopeUse): number {
  const rank = ({ findings: [worst] }: ScopeUse): number =>
    worst === undefined ? severity.length : severity.indexOf(worst)
  return rank(a) - rank(b) || b.granted - a.granted
}

function noneOf({ by, findings }: ScopesFlags, rows: readonly ScopeRow[]): string {
  if (findings === true && rows.length > 0) return 'Nothing was found that should be looked at.'
  return by === 'role' ? 'No record says the role of its user.' : 'No record names a client.'
}

/** How often each finding, and how many rows have nothing to do with scopes. */
function countsOf(rows: readonly ScopeRow[]): string {
  const findings = rows.flatMap((row) => row.scopes.flatMap((use) => use.findings))
  const told = severity.flatMap((finding) => {
    const count = findings.filter((one) => one === finding).length
    return count === 0 ? [] : [`${grouped(count)} ${findingWords[finding as ScopeFinding]}`]
  })
  const without = rows.filter((row) => row.scopes.length === 0).length
  const rest = without === 0 ? [] : [`${grouped(without)} without a scope`]
  return [told.join(', '), ...rest].filter(Boolean).join('; ')
}
