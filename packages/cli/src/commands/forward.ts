// `grantlog forward`: sends records of the ledger to a sink once more. See test/forward.test.ts.
import { type Command, Option } from 'commander'
import { type LedgerReader, openReader } from '@grantlog/ledger'
import {
  type DeadLetter,
  deadLetters,
  forwardAgain,
  type ForwardedAgain,
  letterSources,
  type PersonalData,
  type ShownSinkOptions,
  type ShownSinkType,
} from '@grantlog/receiver'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { headersOf, SINK_FLAGS, sinkOf } from '../forward.ts'
import { wholeNumber } from '../options.ts'
import { formatFacts, formatTable, type Terminal } from '../terminal.ts'

export interface ForwardFlags extends DataFlags {
  readonly from?: number
  readonly to?: number
  readonly dead?: boolean
  readonly logs?: boolean
  readonly sink?: string
  readonly otlp?: string
  readonly opensearch?: string
  readonly elasticsearch?: string
  readonly personalData: PersonalData
  readonly patience: number
}

/** Refusals that are listed; all are counted. */
const listedMost = 20

export function describeForward(command: Command): Command {
  return addDataOption(command)
    .summary('send records to a sink again, or list what it refused')
    .option('--from <index>', 'index of the first record', wholeNumber)
    .option('--to <index>', 'index of the last record (default: the newest)', wholeNumber)
    .option('--dead', 'only records in the dead letters of the sink')
    .option('--logs', 'audit log records in place of records')
    .option('--sink <name>', 'whose dead letters (default: those of the URL); lists them alone')
    .option('--otlp <url>', `OTLP/HTTP endpoint (headers: ${SINK_FLAGS.otlp.headersVariable})`)
    .option('--opensearch <url>', `OpenSearch (headers: ${SINK_FLAGS.opensearch.headersVariable})`)
    .option(
      '--elasticsearch <url>',
      `Elasticsearch (headers: ${SINK_FLAGS.elasticsearch.headersVariable})`,
    )
    .addOption(
      new Option('--personal-data <what>', 'what the sink gets of personal slots')
        .choices(['pseudonymised', 'full'])
        .default('pseudonymised'),
    )
    .option('--patience <seconds>', 'how long the sink may be away', wholeNumber, 60)
}

export async function forward(flags: ForwardFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const sink = destinationOf(flags, process.env)
  const name = flags.sink ?? sink?.name
  if (sink === null) {
    if (flags.dead !== true || name === undefined) throw usage()
    return list(await deadLetters(folders.queue, name), terminal)
  }
  if (flags.dead !== true && flags.from === undefined) throw usage()
  const kind = flags.logs === true ? 'logs' : 'records'
  const source = letterSources[kind]
  const letters = flags.dead === true ? await deadLetters(folders.queue, name!) : undefined
  const only = letters && indexesIn(letters, source)
  const reader = await openReader(folders)
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal)
  try {
    const from = Math.max(flags.from ?? 0, only === undefined ? 0 : least(only))
    const to = Math.min(flags.to ?? Infinity, await newestIn(reader))
    const { patience, ...range } = { ...flags, from, to }
    const done = await forwardAgain({
      ...{ reader, sink, kind, from, to, ...(only === undefined ? {} : { only }) },
      queueFolder: folders.queue,
      patienceMs: patience * 1_000,
      log: ({ code, reason }) => terminal.progress.show(`${code} ${String(reason ?? '')}`),
      signal: stop.signal,
      onProgress: (sent, next) =>
        terminal.progress.show(`${sent} sent, at ${next} of ${range.to + 1}`),
    })
    terminal.progress.clear()
    tell({ ...done, sink: sink.name, from, to }, terminal)
    return done.stopped === null && done.refused === 0 ? EXIT.ok : EXIT.failed
  } finally {
    process.off('SIGINT', onSignal)
    await reader.close()
  }
}

/** Null without a URL. Errors: USAGE for more than one, FORWARD_INVALID. */
function destinationOf(flags: ForwardFlags, env: NodeJS.ProcessEnv): ShownSinkOptions | null {
  const types = ['otlp', 'opensearch', 'elasticsearch'] as const satisfies readonly ShownSinkType[]
  const given = types.filter((type) => flags[type] !== undefined)
  if (given.length > 1) throw new CliError('USAGE', 'give one sink')
  const [type] = given
  if (type === undefined) return null
  const { headersVariable } = SINK_FLAGS[type]
  const headers = headersOf(env[headersVariable], headersVariable)
  const { personalData } = flags
  return sinkOf(flags[type]!, { type, headers, personalData, flag: `--${type}` })
}

/** 0 for none. */
function least(indexes: ReadonlySet<number>): number {
  let found = Infinity
  for (const index of indexes) found = Math.min(found, index)
  return found === Infinity ? 0 : found
}

function usage(): CliError {
  const say = 'give --from and a URL, --dead and a URL, or --dead and --sink to list'
  return new CliError('USAGE', say)
}

function indexesIn(letters: readonly DeadLetter[], source: DeadLetter['source']): Set<number> {
  const ours = letters.filter((letter) => letter.source === source)
  return new Set(ours.flatMap(({ indexes }) => indexes))
}

/** Index of the newest leaf, which is a frame's; -1 in an empty ledger. */
async function newestIn({ frames, journal }: LedgerReader): Promise<number> {
  let newest = -1
  for await (const { entries, first } of frames(Math.max(journal.first, journal.next - 1))) {
    newest = first + entries.length
  }
  return newest
}

function tell(
  done: ForwardedAgain & { sink: string; from: number; to: number },
  terminal: Terminal,
): void {
  const { from, next, refusals, refused, sent, sink, stopped, to } = done
  if (terminal.json) {
    terminal.out(JSON.stringify({ sink, from, to, sent, refused, refusals, next, stopped }))
    return
  }
  const facts: [string, string][] = [
    ['sink', sink],
    ['records', `${sent} taken, ${refused} refused`],
    ...refusals
      .slice(0, listedMost)
      .map(({ error = '', indexes, status }): [string, string] => [
        'refused',
        `${indexes.join(' ')}: HTTP ${status} ${error}`.trim(),
      ]),
  ]
  if (stopped !== null) facts.push(['stopped', `${stopped}; go on with --from ${next}`])
  terminal.out(formatFacts(facts, terminal))
}

function list(letters: readonly DeadLetter[], terminal: Terminal): ExitCode {
  if (terminal.json) terminal.out(JSON.stringify({ letters }))
  else if (letters.length === 0) terminal.err('No dead letters.')
  else {
    const rows = letters.map(({ at, error = '', indexes, source, spans, status }) => [
      new Date(at).toISOString(),
      source,
      String(status),
      error,
      String(spans),
      indexes.join(' '),
    ])
    const head = ['time', 'source', 'status', 'error', 'spans', 'indexes']
    terminal.out(formatTable(head, rows, terminal))
    terminal.err('`grantlog forward --dead` with the URL of the sink sends them again.')
  }
  return EXIT.ok
}
