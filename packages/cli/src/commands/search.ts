// `grantlog search`: records by a query, over the index. See test/search.test.ts.
import { type Command, Option } from 'commander'
import {
  compromisedSince,
  countFacets,
  exactly,
  findPage,
  type LedgerRecord,
  prepare,
  type QueryField,
  queryFields,
  type Reading,
  recordJson,
  shortFields,
  withoutPersonal,
} from '@grantlog/query'
import { compromisedMark, compromiseText } from '../compromised-text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { FACET_VALUES, facetFieldsOf, formatFacets, namedFacets } from '../facet-text.ts'
import { addIndexOption, type IndexFlags, openAsked } from '../index-folder.ts'
import { timeOf, wholeNumber } from '../options.ts'
import { grouped } from '../progress.ts'
import type { TermFlags } from '../query-words.ts'
import { tableOf } from '../record-text.ts'
import { formatTable, type Terminal, widerFor, wrap } from '../terminal.ts'

export interface SearchFlags extends IndexFlags, TermFlags {
  readonly limit: number
  readonly order?: 'newest' | 'oldest'
  readonly facets?: string
  readonly fields?: boolean
  readonly count?: boolean
  readonly showPersonal?: boolean
}

const queryHelp = `
A query is terms that must all hold, OR between those of which one must,
- or NOT before what must not, and parentheses. A term is field:value,
field:a,b for one of them, field:* for any, or a word that stands anywhere;
what fields there are says --fields:
  client:web outcome:denied after:-24h
  user:alice privileged:*
  route:"GET /orders/:id" (status:>=500 OR reason:token_expired)
  scope:admin* -action:oauth.token duration:>2s
Who was refused: outcome:denied,failure. Denied: somebody or a policy said no;
failure: it could not be done, as with a forged token or a wrong secret.
Put it in single quotes, so that the shell leaves it as it is.`

/** Words of a query may begin with `-`, which negates a term. */
export function addQuery(command: Command): Command {
  return command
    .argument('[query...]', 'such as: client:web outcome:denied after:-24h')
    .allowUnknownOption()
    .addHelpText('after', queryHelp)
}

export function addTermOptions(command: Command): Command {
  return command
    .option('--client <id>', 'as client:ID')
    .option('--action <name>', 'as action:NAME, for example oauth.token')
    .option('--outcome <word>', 'as outcome:WORD: success, failure, denied or challenge')
    .option('--user-hash <hash>', 'as user.hash:HASH, as records show it')
    .option('--service <name>', 'as service:NAME')
}

export function describeSearch(command: Command): Command {
  return addTermOptions(addQuery(addIndexOption(command)))
    .summary('find and count records')
    .option('--after <time>', 'received since: 2026-01-31T12:00Z, or 15m, 2h, 7d ago', (text) =>
      timeOf(text),
    )
    .option('--limit <n>', 'show so many at most', wholeNumber, 50)
    .addOption(
      new Option(
        '--order <which>',
        'which come first (default: the newest so many, in order of the log)',
      ).choices(['newest', 'oldest']),
    )
    .option('--fields', 'say what fields a query may name, and nothing else')
    .option('--facets <fields>', 'count by the values of fields, such as outcome,client')
    .option('--count', 'say how many there are, not which')
    .option('--show-personal', 'show who and from where, not only pseudonyms')
}

export async function search(
  words: readonly string[],
  flags: SearchFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  if (flags.fields === true) return tellFields(terminal)
  const showPersonal = flags.showPersonal === true
  const fields = flags.facets === undefined ? [] : facetFieldsOf(flags.facets, showPersonal)
  const { query, reading } = await openAsked(words, flags, terminal)
  try {
    const prepared = prepare(query, reading.index, Date.now())
    const { order = 'newest' } = flags
    const limit = flags.count === true ? 0 : flags.limit
    const { rows, total } = await findPage(reading.index, prepared, { limit, order, behind: null })
    const inOrder = flags.order === undefined ? rows.toReversed() : rows
    // The index knows hashes and people by 32 bits alone.
    const records = (await recordsAt(reading, inOrder)).filter(exactly(query))
    const shown = showPersonal ? records : records.map(withoutPersonal)
    const counted = await countFacets(reading.index, prepared, { fields, top: FACET_VALUES })
    const suspects = await suspectsIn(records, reading)
    const facets = await namedFacets(reading, counted.facets, showPersonal)
    if (terminal.json) {
      const told =
        flags.count === true ? {} : { records: shown.map((record) => toldAs(record, suspects)) }
      const counts = fields.length === 0 ? {} : { facets }
      terminal.out(JSON.stringify({ ...told, total, ...counts }))
      return EXIT.ok
    }
    if (fields.length > 0 && total > 0) terminal.out(formatFacets(facets, total, terminal))
    if (flags.count !== true) {
      printRecords(shown, { total, fields }, terminal)
      printSuspects(suspects, terminal)
    }
    if (flags.count === true && fields.length === 0) terminal.out(String(total))
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

/** The short names; attributes of the registry are fields by their own. */
function tellFields(terminal: Terminal): ExitCode {
  if (terminal.json) {
    const told = [...queryFields.values()].map(({ name, type, brief, example, values }) => {
      return { name, type, brief, example, values: [...values.keys()] }
    })
    terminal.out(JSON.stringify({ fields: told }))
    return EXIT.ok
  }
  const rows = shortFields.map(({ brief, example, name }) => [name, example, brief])
  terminal.out(formatTable(['field', 'such as', 'what it is'], rows, terminal))
  const attributes =
    'Each attribute of a record is a field by its full name, too: --json lists all.'
  for (const line of wrap(attributes, terminal.columns ?? Infinity)) terminal.err(line)
  return EXIT.ok
}

function printRecords(
  records: readonly LedgerRecord[],
  { fields, total }: { readonly total: number; readonly fields: readonly QueryField[] },
  terminal: Terminal,
): void {
  if (total === 0) {
    terminal.err(
      'No record matches. Who it was is found by `user:NAME`; `--fields` says what else is.',
    )
    return
  }
  const { leftOut, text } = tableOf(records, terminal)
  if (records.length > 0) {
    if (fields.length > 0) terminal.out('')
    terminal.out(text)
  }
  const more = total > records.length ? ', --limit shows more' : ''
  const told =
    `${grouped(records.length)} of ${grouped(total)}${more}. ` +
    `\`grantlog show INDEX\` says all of a record, \`prove INDEX\` proves it.${widerFor(leftOut)}`
  for (const line of wrap(told, terminal.columns ?? Infinity)) terminal.err(line)
}

/** Since when the key of a record was declared compromised, in Unix seconds, by its index. */
type Suspects = ReadonlyMap<number, { readonly kid: string; readonly since: number }>

async function suspectsIn(records: readonly LedgerRecord[], reading: Reading): Promise<Suspects> {
  const sinceOf = compromisedSince(reading)
  const found = new Map<number, { readonly kid: string; readonly since: number }>()
  for (const record of records) {
    const since = await sinceOf(record)
    if (since !== null) found.set(record.index, { kid: record.leaf.kid, since })
  }
  return found
}

function toldAs(record: LedgerRecord, suspects: Suspects): ReturnType<typeof recordJson> {
  const { since = null } = suspects.get(record.index) ?? {}
  return { ...recordJson(record), ...compromisedMark(since) }
}

function printSuspects(suspects: Suspects, { columns, err, paint }: Terminal): void {
  for (const [kid, those] of Map.groupBy(suspects, ([, suspect]) => suspect.kid)) {
    const since = those[0]?.[1].since ?? 0
    const indexes = those.map(([index]) => `#${index}`).join(' ')
    const text = `Sealed under the ${compromiseText({ kid, since })}: ${indexes}`
    for (const line of wrap(text, columns ?? Infinity)) err(paint.yellow(line))
  }
}

/** What the ledger no longer has is left out. */
async function recordsAt(
  { index, records }: Reading,
  rows: readonly number[],
): Promise<LedgerRecord[]> {
  const found: LedgerRecord[] = []
  for (const row of rows) {
    const record = await records.record(index.place(row))
    if (record !== null) found.push(record)
  }
  return found
}
