// `grantlog findings`: what rules found, and what becomes of it. Decisions and silences are handed
// over, and are leaves within a second; without a receiver this command seals them itself. See
// test/findings.test.ts.
import { userInfo } from 'node:os'
import {
  decide,
  type FindingFilter,
  type FindingsReading,
  listFindings,
  type ListedFinding,
  openFindings,
  silence,
} from '@grantlog/detect'
import {
  type FindingLevel,
  findingLevels,
  type FindingStatus,
  findingStatuses,
  type Folders,
  type LedgerReader,
  openReader,
} from '@grantlog/ledger'
import { type Command, Option } from 'commander'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { findingText } from '../finding-text.ts'
import { collect, durationOf } from '../options.ts'
import { printable } from '../printable.ts'
import { sealOwn } from '../sealing.ts'
import { formatTable, type Terminal } from '../terminal.ts'

export interface FindingsFlags extends DataFlags {
  readonly status?: FindingStatus | 'all'
  readonly level?: FindingLevel
  readonly rule?: string
  readonly silenced?: boolean
}

export interface DecideFlags extends DataFlags {
  readonly note: string
  readonly person?: string
  readonly falsePositive?: boolean
}

export interface SilenceFlags extends DataFlags {
  readonly rule?: string
  readonly group: readonly string[]
  readonly for: string
  readonly end?: string
  readonly note: string
  readonly person?: string
}

export function describeFindingsList(command: Command): Command {
  return addDataOption(command)
    .summary('what rules found, the newest first')
    .addOption(new Option('--status <status>', 'of these').choices([...findingStatuses, 'all']))
    .addOption(new Option('--level <level>', 'at least so bad').choices([...findingLevels]))
    .option('--rule <id>', 'of this rule')
    .option('--silenced', 'those whose alerts are silenced, too')
}

export function describeFindingsShow(command: Command): Command {
  return addDataOption(command).summary('all of one finding').argument('<finding>', 'its id')
}

function addAuthor(command: Command): Command {
  return addDataOption(command)
    .option('--note <text>', 'why, at most 2,000 characters', '')
    .option('--person <name>', 'who decides (default: the name of this account)')
}

export function describeFindingsAck(command: Command): Command {
  return addAuthor(command).summary('say that somebody looks').argument('<finding>', 'its id')
}

export function describeFindingsClose(command: Command): Command {
  return addAuthor(command)
    .summary('close it; the same found again is another finding')
    .argument('<finding>', 'its id')
    .option('--false-positive', 'it was none')
}

export function describeFindingsSilence(command: Command): Command {
  return addAuthor(command)
    .summary('send no alerts of a rule, or about a group, for a time')
    .option('--rule <id>', 'a rule')
    .option('--group <name=value>', 'an attribute of its group; may be repeated', collect, [])
    .option('--for <time>', 'how long: 30m, 2h, 7d', '2h')
    .option('--end <id>', 'end this silence now')
}

/** Without a status: what is not decided yet. */
export async function findingsList(flags: FindingsFlags, terminal: Terminal): Promise<ExitCode> {
  return withFindings(flags, ({ reading: { view } }) => {
    const now = Date.now()
    const listed = listFindings(view, filterOf(flags), now)
    const silences = [...view.silences].filter(({ until }) => until > now)
    if (terminal.json) terminal.out(JSON.stringify({ findings: listed, silences }))
    else if (listed.length === 0) terminal.out('no finding is like that')
    else terminal.out(formatTable(head, listed.map(rowOf), terminal))
    return Promise.resolve(EXIT.ok)
  })
}

export async function findingsShow(
  id: string,
  flags: DataFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  return withFindings(flags, ({ reading }) => {
    const finding = knownOf(reading, id)
    const silenced = reading.view.silenceOf(finding, Date.now()) ?? null
    const listed = { ...finding, silence: silenced }
    terminal.out(terminal.json ? JSON.stringify(listed) : findingText(listed, terminal))
    return Promise.resolve(EXIT.ok)
  })
}

export async function findingsDecide(
  [id, status]: readonly [string, FindingStatus],
  flags: DecideFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  return withFindings(flags, async ({ folders, reader, reading }) => {
    const finding = knownOf(reading, id)
    const place = { folders, frame: reader.journal.next, now: Date.now() }
    const { note } = flags
    const person = personOf(flags)
    const leaf = await decide(place, { finding: finding.id, status, note, person })
    const { state } = await sealOwn(folders, 'finding', leaf)
    if (terminal.json) terminal.out(JSON.stringify({ finding: finding.id, status, person, state }))
    else terminal.out(`${finding.id} is ${status.replace('_', ' ')} (${state})`)
    return EXIT.ok
  })
}

export async function findingsSilence(flags: SilenceFlags, terminal: Terminal): Promise<ExitCode> {
  return withFindings(flags, async ({ folders, reader, reading }) => {
    const now = Date.now()
    const { note } = flags
    const by = { note, person: personOf(flags) }
    const ended = [...reading.view.silences].find(({ id }) => id === flags.end)
    if (flags.end !== undefined && ended === undefined) {
      throw new CliError('USAGE', `no silence ${printable(flags.end)} is there`)
    }
    const group = flags.group.map(pairOf)
    const { rule = '' } = flags
    if (ended === undefined && rule === '' && group.length === 0) {
      throw new CliError('USAGE', 'a silence is of a --rule, a --group, or both')
    }
    const order =
      ended === undefined
        ? { rule, group, until: now + durationOf(flags.for), ...by }
        : { rule: ended.rule, group: ended.group, silence: ended.id, until: now, ...by }
    const leaf = await silence({ folders, frame: reader.journal.next, now }, order)
    const { state } = await sealOwn(folders, 'finding', leaf)
    const until = new Date(order.until).toISOString()
    if (terminal.json) terminal.out(JSON.stringify({ until, state }))
    else terminal.out(`silenced until ${until} (${state})`)
    return EXIT.ok
  })
}

interface Opened {
  readonly folders: Folders
  readonly reader: LedgerReader
  readonly reading: FindingsReading
}

async function withFindings(
  flags: DataFlags,
  work: (opened: Opened) => Promise<ExitCode>,
): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const reader = await openReader(folders)
  try {
    const reading = await openFindings(folders, reader)
    await reading.refresh()
    return await work({ folders, reader, reading })
  } finally {
    await reader.close()
  }
}

/** By its id, or the beginning of one that no other has. */
function knownOf({ view }: FindingsReading, id: string): ReturnType<typeof view.get> & object {
  const exact = view.get(id)
  if (exact !== undefined) return exact
  const some = id.length < 4 ? [] : [...view.findings].filter((one) => one.id.startsWith(id))
  if (some.length === 1) return some[0]!
  const why = some.length > 1 ? `${some.length} findings begin so` : 'no finding is called that'
  throw new CliError('FINDING_UNKNOWN', `${printable(id)}: ${why}`)
}

function filterOf({ level, rule, silenced, status }: FindingsFlags): FindingFilter {
  const undecided: FindingStatus[] = ['open', 'acknowledged']
  const chosen = status === undefined ? undecided : status === 'all' ? [] : [status]
  return { status: chosen, level, rule, silenced }
}

function personOf({ person }: { readonly person?: string }): string {
  return person ?? userInfo().username
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new CliError('USAGE', `--group ${printable(text)}: write name=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}

const head = ['finding', 'level', 'status', 'last', 'times', 'what', 'about']

function rowOf({
  group,
  id,
  lastAt,
  rule,
  silence: hushed,
  status,
  times,
}: ListedFinding): string[] {
  const about = group.map(([name, value]) => `${name}=${printable(value)}`).join(' ')
  const state = hushed === null ? status : `${status}, silenced`
  return [id, rule.level, state, new Date(lastAt).toISOString(), String(times), rule.title, about]
}
