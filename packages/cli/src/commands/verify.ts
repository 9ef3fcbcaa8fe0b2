// `grantlog verify`: recomputes everything the ledger claims. See test/verify.test.ts.
import { existsSync, readFileSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import {
  type AnewReason,
  audit,
  auditTreeOnly,
  type AuditReport,
  type Folders,
  openReader,
  readPublicKeys,
  type ResumeOptions,
  sha256,
  type TreeReport,
} from '@grantlog/ledger'
import { type Backend, type BackendReport, verifyBackend } from '@grantlog/query'
import { parseVkey, TlogError } from '@grantlog/tlog'
import { type BackendFlags, headersVariable, openBackends } from '../backends.ts'
import { addDataOption, dataFolder, type DataFlags, dataFolders } from '../data-folder.ts'
import { compromisedFacts } from '../compromised-text.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { growHeapFreely } from '../heap.ts'
import { collect, urlOf, wholeNumber } from '../options.ts'
import { grouped, startProgress } from '../progress.ts'
import { readSeen } from '../seen.ts'
import { validatedFacts } from '../validated.ts'
import { formatFacts, formatTable, type Terminal, wrap } from '../terminal.ts'

export interface VerifyFlags extends DataFlags, BackendFlags {
  readonly ledger?: string
  readonly keys?: string
  readonly lock?: string
  readonly key?: string
  readonly seen: readonly string[]
  readonly tree?: boolean
  readonly resume?: string
  readonly strict?: boolean
  readonly unanchoredMax?: number
}

export function describeVerify(command: Command): Command {
  return addDataOption(command)
    .summary('check the whole ledger')
    .option('--ledger <dir>', 'the ledger folder, when it is not in the data folder')
    .option('--keys <dir>', 'the keys folder, likewise')
    .option('--lock <dir>', 'the lock folder, likewise')
    .option('--key <vkey>', "the log's verifier key, or a file with it, from outside this machine")
    .option(
      '--seen <place>',
      "checkpoints kept elsewhere: a file, or a producer's seen folder; may be repeated",
      collect,
      [],
    )
    .option(
      '--unanchored-max <entries>',
      'with more entries behind the newest of them the exit code is 3, not 0',
      wholeNumber,
    )
    .option('--tree', 'the public log only: entries, tiles, checkpoints; no records are read')
    .option(
      '--resume <file>',
      'go on where a run with this file was stopped; keep it outside what is verified',
    )
    .option('--strict', 'fail, too, where records are of a key that was declared compromised')
    .option('--jaeger <url>', 'compare what a Jaeger holds too: base URL of its query API', urlOf)
    .option(
      '--opensearch <url>',
      'compare what an OpenSearch holds too: records of a sink, spans of a Jaeger, or both',
      urlOf,
    )
    .option('--elasticsearch <url>', 'likewise an Elasticsearch', urlOf)
    .addHelpText('after', credentialsHelp)
}

const credentialsHelp = `
Credentials for a backend are headers, name=value,name=value with % and commas in values
percent-encoded, in ${headersVariable('opensearch')} (… JAEGER, ELASTICSEARCH), or in a file
that ${headersVariable('opensearch')}_FILE names: authorization=Basic%20…
They are never printed, and a URL must not have any.`

export async function verify(flags: VerifyFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = foldersOf(flags)
  const logKey =
    flags.key === undefined ? (await readPublicKeys(folders.keys)).logKey : keyOf(flags.key)
  const seen = await readSeen(flags.seen, parseVkey(logKey, sha256).name)
  const backends = await openBackends(flags, process.env)
  if (flags.tree === true) {
    if (backends.length > 0) throw new CliError('USAGE', '--tree reads no records to compare')
    if (flags.resume !== undefined) throw new CliError('USAGE', '--tree is not resumed')
    if (flags.strict === true) throw new CliError('USAGE', '--tree reads no keys for --strict')
    const options = { folders, logKey, seen, onProgress: progressOn(terminal) }
    return tellTree(await auditTreeOnly(options), flags, terminal)
  }
  growHeapFreely()
  const resume = flags.resume === undefined ? null : await resumeIn(flags.resume, flags, folders)
  const report = await audit({
    ...{ folders, logKey, seen, onProgress: progressOn(terminal) },
    ...(resume && { resume: { ...resume, signal: askedToStop(), onAnew: tellAnew(terminal) } }),
  })
  const compared = await compare(backends, folders, terminal)
  terminal.progress.clear()
  const isSuspect = report.compromised.some(({ records }) => records > 0)
  const ledgerExit = flags.strict === true && isSuspect ? EXIT.failed : exitOf(report, flags)
  const exit = compared.every(({ agrees }) => agrees) ? ledgerExit : EXIT.failed
  if (terminal.json) {
    const keyFrom = flags.key === undefined ? 'data' : 'given'
    const held = compared.length === 0 ? {} : { backends: compared }
    terminal.out(JSON.stringify({ result: resultOf(exit), keyFrom, ...report, ...held }))
  } else {
    print(report, { exit: ledgerExit, keyGiven: flags.key !== undefined }, terminal)
    for (const one of compared) printBackend(one, terminal)
  }
  return exit
}

/** What backends hold, against the ledger; the ledger itself is the audit's. */
async function compare(
  backends: readonly Backend[],
  folders: Folders,
  terminal: Terminal,
): Promise<BackendReport[]> {
  const reports: BackendReport[] = []
  if (backends.length === 0) return reports
  const reader = await openReader(folders)
  try {
    for (const backend of backends) {
      const progress = startProgress(terminal, `comparing with ${backend.name}`, 'records')
      reports.push(
        await verifyBackend({
          backend,
          frames: () => reader.frames(0),
          origin: reader.origin,
          onProgress: (done, total) => progress.update({ done, total }),
        }),
      )
    }
    return reports
  } finally {
    await reader.close()
  }
}

function foldersOf(flags: VerifyFlags): Folders {
  const folders = dataFolders(flags)
  return {
    ...folders,
    ledger: resolve(flags.ledger ?? folders.ledger),
    keys: resolve(flags.keys ?? folders.keys),
    lock: resolve(flags.lock ?? folders.lock),
  }
}

/**
 * A file of the verifier's own: beside the data, whoever can write that could also say what was
 * read of it. Errors: RESUME_BESIDE_DATA, and the system's where its folder is not there.
 */
async function resumeIn(file: string, flags: DataFlags, folders: Folders): Promise<ResumeOptions> {
  const folder = dirname(resolve(file))
  const path = join(await realpath(folder), basename(file))
  const { keys, ledger, lock } = folders
  for (const verified of [dataFolder(flags), keys, ledger, lock]) {
    const real = existsSync(verified) ? await realpath(verified) : verified
    const way = relative(real, path)
    const isOutside = way === '..' || way.startsWith(`..${sep}`)
    if (!isOutside) throw new CliError('RESUME_BESIDE_DATA', path)
  }
  return { path }
}

/** By the first SIGINT or SIGTERM; a second one ends the process at once. */
function askedToStop(): AbortSignal {
  const asked = new AbortController()
  for (const event of ['SIGINT', 'SIGTERM'] as const) process.once(event, () => asked.abort())
  return asked.signal
}

/** A verifier key on the command line, or the first line of a file. */
export function keyOf(text: string): string {
  const key = existsSync(text) ? (readFileSync(text, 'utf8').split('\n')[0] ?? '') : text
  try {
    parseVkey(key.trim(), sha256)
    return key.trim()
  } catch (cause) {
    if (!(cause instanceof TlogError)) throw cause
    throw new CliError('KEY_MALFORMED', cause.message, { cause })
  }
}

function exitOf(report: TreeReport, { unanchoredMax = Infinity }: VerifyFlags): ExitCode {
  const { anchored, anchoredSize, findingsCount, size } = report
  if (findingsCount > 0) return EXIT.failed
  return anchored && size - anchoredSize <= unanchoredMax ? EXIT.ok : EXIT.selfConsistent
}

function resultOf(exit: ExitCode): string {
  if (exit === EXIT.failed) return 'findings'
  return exit === EXIT.ok ? 'verified' : 'self-consistent only'
}

function progressOn(terminal: Terminal): (done: number, total: number) => void {
  const progress = startProgress(terminal, 'verifying', 'entries')
  let from: number | undefined
  return (done, total) => progress.update({ from: (from ??= done), done, total })
}

/** The report of the tree alone; of records it says nothing. */
function tellTree(report: TreeReport, flags: VerifyFlags, terminal: Terminal): ExitCode {
  const { anchors, origin, root, size } = report
  const exit = exitOf(report, flags)
  const keyGiven = flags.key !== undefined
  terminal.progress.clear()
  if (terminal.json) {
    const keyFrom = keyGiven ? 'given' : 'data'
    terminal.out(JSON.stringify({ result: resultOf(exit), keyFrom, tree: true, ...report }))
    return exit
  }
  const facts: [string, string][] = [
    ['origin', origin],
    ['key', keyText(keyGiven)],
    ['size', `${size} entries, root ${root}`],
    ['records', 'not read'],
    ['anchors', `${anchors} checkpoints from elsewhere agree`],
  ]
  terminal.out(formatFacts(facts, terminal))
  printResult(report, exit, terminal)
  return exit
}

function keyText(keyGiven: boolean): string {
  return keyGiven ? 'as given' : 'trusted as found beside the data; give yours with --key'
}

function print(
  report: AuditReport,
  { exit, keyGiven }: { readonly exit: ExitCode; readonly keyGiven: boolean },
  terminal: Terminal,
): void {
  const { anchors, gaps, logs, pending, records, root, size, streams, verified } = report
  const unclosed = streams.filter((stream) => stream.unclosed).length
  const open = streams.filter(({ closed }) => !closed).length - unclosed
  const facts: [string, string][] = [
    ['origin', report.origin],
    ['key', keyText(keyGiven)],
    ['size', `${size} entries, root ${root}`],
    ['records', `${records}, of which ${verified} verified`],
    ...logFacts(logs),
    ['streams', `${streams.length}, of which ${open} open, ${unclosed} unclosed`],
    ['gaps', `${gaps} missing numbers`],
    ['pending', `${pending} leaves not under a checkpoint yet`],
    ['anchors', `${anchors} checkpoints from elsewhere agree`],
    ...wordsFacts(report),
    ...compromisedFacts(report.compromised, terminal),
    ...validatedFacts(report.validations, Date.now()),
    ...resumedFacts(report),
  ]
  terminal.out(formatFacts(facts, terminal))
  printResult(report, exit, terminal)
}

/** Producers' own checkpoints bind who has the log's keys, unless he has theirs, too. */
function wordsFacts({ findings, words }: AuditReport): [string, string][] {
  const { accusations, keys, told, widest } = words
  const against = findings.filter(({ code }) => code === 'CHECKPOINT_CONTRADICTED').length
  const held = against === 0 ? 'all agree' : `${against} do not agree`
  const by = `${told} checkpoints signed by ${keys} producer keys, ${held}; the widest has`
  const facts: [string, string][] = told === 0 ? [] : [['words', `${by} ${widest} entries`]]
  if (accusations > 0) facts.push(['accused', `${accusations} records of audit.ledger.fork`])
  return facts
}

/** Never called verified: no producer key signed them. */
function logFacts(logs: number): [string, string][] {
  return logs === 0 ? [] : [['log records', `${logs}, unchanged since they were taken in`]]
}

const anewTexts: Readonly<Record<AnewReason, string>> = {
  'older-version': 'an older version of grantlog wrote the file',
  'log-shorter': 'the log is shorter than the run before saw it',
  'root-unknown': 'a checkpoint asks for a root that the run before did not keep',
}

/** At once, for a run may take long; JSON has it in the report. */
function tellAnew({ err, json, paint }: Terminal): (why: AnewReason) => void {
  return (why) => {
    if (!json) err(paint.yellow(`not resumed, all is read again: ${anewTexts[why]}`))
  }
}

function resumedFacts({ anew, resumed }: AuditReport): [string, string][] {
  if (anew) return [['resumed', `no: ${anewTexts[anew]}; all was read again`]]
  if (!resumed) return []
  const began = new Date(resumed.startedAt).toISOString().replace('T', ' ').slice(0, 19)
  const before = `entries before ${grouped(resumed.from)} were read by the run of ${began} UTC`
  return [['resumed', before]]
}

const anchoredText = 'an outside checkpoint agrees'
const onlyBehind =
  'What is behind it is self-consistent only: whoever holds the log key could have rewritten it.'
const onlyConsistent =
  'self-consistent only: whoever holds the log key could have rewritten it all.'
const howToAnchor =
  "Give a checkpoint from elsewhere: --seen with a file, or a producer's seen folder."

function printResult(report: TreeReport, exit: ExitCode, terminal: Terminal): void {
  const { anchored, anchoredSize, size } = report
  const { columns = Infinity, out, paint } = terminal
  if (report.findings.length > 0) {
    const rows = report.findings.map(({ code, word, where, detail }) => [word, code, where, detail])
    out(`\n${formatTable(['word', 'code', 'where', 'what'], rows, terminal)}`)
  }
  out('')
  if (exit === EXIT.ok && anchoredSize < size) {
    out(paint.green(`verified up to entry ${anchoredSize} of ${size}: ${anchoredText}`))
    for (const line of wrap(onlyBehind, columns)) out(paint.yellow(line))
  } else if (exit === EXIT.ok) out(paint.green(`verified: ${anchoredText}`))
  else if (exit === EXIT.failed && report.findingsCount === 0) {
    out(paint.red('records are of a key that was declared compromised (--strict)'))
  } else if (exit === EXIT.failed) out(paint.red(`${report.findingsCount} findings`))
  else if (anchored) {
    const behind = `${size - anchoredSize} entries behind the newest outside checkpoint`
    out(paint.yellow(`${behind} are too many (--unanchored-max)`))
    for (const line of wrap(onlyBehind, columns)) out(paint.yellow(line))
  } else {
    for (const line of wrap(onlyConsistent, columns)) out(paint.yellow(line))
    for (const line of wrap(howToAnchor, columns)) out(line)
  }
}

const foundShown = 50

function printBackend(report: BackendReport, terminal: Terminal): void {
  const { agrees, backend, counts, findings, searchedAll } = report
  const { out, paint } = terminal
  const facts = Object.entries(counts).map(([verdict, count]) => [verdict, String(count)] as const)
  out(`\n${paint.bold(backend)}`)
  out(formatFacts(facts, terminal))
  if (findings.length > 0) {
    const shown = findings.slice(0, foundShown)
    const rows = shown.map(({ action, fields, id, index, known, traceId, verdict }) => [
      verdict,
      index === null ? '' : String(index),
      id,
      action,
      [...fields.map(({ field }) => field), ...known].join(', '),
      traceId,
    ])
    const head = ['verdict', 'index', 'record', 'action', 'fields', 'trace']
    out(`\n${formatTable(head, rows, terminal)}`)
    if (findings.length > shown.length) out('… more with --json')
  }
  if (!searchedAll) out('There may be more that is foreign than was searched for.')
  out(agrees ? paint.green(`${backend} agrees`) : paint.red(`${backend} does not agree`))
}
