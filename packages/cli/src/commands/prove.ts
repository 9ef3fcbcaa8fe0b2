// `grantlog prove`: a folder that proves one record (or all) to somebody who has nothing else. See
// test/prove.test.ts.
import { open, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type Bundle,
  type BundleReport,
  checkBundle,
  checkLogBundle,
  LedgerError,
  type LedgerReader,
  type LogBundle,
  type LogBundleReport,
  makeBundle,
  makeBundles,
  makeLogBundle,
  openReader,
  readVerifier,
} from '@grantlog/ledger'
import { isLogSlotName, isSlotName, type LogSlotName, logSlotNames } from '@grantlog/record'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { minuteText } from '../key-state.ts'
import { bundleReadme } from '../bundle-readme.ts'
import {
  discardProof,
  type ProofPlace,
  publishProof,
  requireFree,
  stageProof,
} from '../proof-folder.ts'
import { formatFacts, type Terminal } from '../terminal.ts'

export interface ProveFlags extends DataFlags {
  readonly out?: string
  readonly disclose: string
  readonly all?: boolean
  readonly force?: boolean
}

type Disclose = readonly LogSlotName[] | 'all'

export function describeProve(command: Command): Command {
  return addDataOption(command)
    .summary('write what proves a record, for somebody who has nothing else')
    .argument('[record]', 'audit.record.id, or index in the log')
    .option('--all', 'every record, as bundles.jsonl')
    .option('--out <dir>', 'folder to write (default: ./grantlog-proof-<record>)')
    .option('--force', 'write over the files of a proof in a folder that is not empty')
    .option('--disclose <slots>', `all, none, or of ${logSlotNames.join(',')}`, 'none')
}

export async function prove(
  record: string | undefined,
  flags: ProveFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  if ((record === undefined) !== (flags.all === true)) {
    throw new CliError('USAGE', 'give one record, or --all')
  }
  const disclose = discloseOf(flags.disclose)
  const out = resolve(flags.out ?? `grantlog-proof-${record ?? 'all'}`)
  const isPrivate = disclose === 'all' || disclose.length > 0
  const place: ProofPlace = { out, force: flags.force === true, isPrivate }
  await requireFree(place)
  const reader = await openReader(dataFolders(flags))
  try {
    const name = record === undefined ? 'bundles.jsonl' : 'bundle.json'
    const bundles = bundlesOf(reader, record, disclose)
    const written = await writeProof({ bundles, disclose, name, place, reader })
    tell({ out, file: join(out, name), disclose, ...written }, terminal)
    return EXIT.ok
  } finally {
    await reader.close()
  }
}

interface Proof {
  readonly bundles: AsyncIterable<Bundle | LogBundle>
  readonly disclose: Disclose
  /** Of the file with the bundles. */
  readonly name: string
  readonly place: ProofPlace
  readonly reader: LedgerReader
}

/** Writes the whole folder beside its place, then moves it there: nothing is half written. */
async function writeProof(proof: Proof): Promise<Written> {
  const { bundles, disclose, name, place, reader } = proof
  const mode = place.isPrivate ? 0o600 : 0o644
  const staged = await stageProof(place)
  try {
    const written = await writeBundles(bundles, reader, { file: join(staged, name), mode })
    const readme = bundleReadme({ ...written, disclose, reader })
    await writeFile(join(staged, 'log.vkey'), `${reader.logKey}\n`, { mode })
    await writeFile(join(staged, 'README.md'), readme, { mode })
    await writeFile(join(staged, 'verify.py'), await readVerifier(), { mode })
    await publishProof(staged, place)
    return written
  } catch (error) {
    await discardProof(staged)
    throw error
  }
}

interface Written {
  readonly count: number
  readonly last: BundleReport | LogBundleReport | undefined
  /** Of a key that was declared compromised from before them. */
  readonly compromised: number
}

async function* bundlesOf(
  reader: LedgerReader,
  record: string | undefined,
  disclose: Disclose,
): AsyncGenerator<Bundle | LogBundle, void, void> {
  // Body and what is not in the registry, a record has not.
  const ofRecord = disclose === 'all' ? disclose : disclose.filter(isSlotName)
  if (record === undefined) {
    yield* makeBundles(reader, ({ type }) => type === 'record', { disclose: ofRecord })
    return
  }
  const target = /^[0-9]+$/.test(record) ? { index: Number(record) } : { id: record }
  try {
    yield await makeBundle(reader, target, { disclose: ofRecord })
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'LEDGER_NOT_FOUND') throw error
    yield await makeLogBundle(reader, target, { disclose })
  }
}

/** Writes bundles as lines, each checked before as its receiver will check it. */
async function writeBundles(
  bundles: AsyncIterable<Bundle | LogBundle>,
  { logKey }: LedgerReader,
  { file, mode }: { readonly file: string; readonly mode: number },
): Promise<Written> {
  const handle = await open(file, 'wx', mode)
  let last: Written['last']
  let count = 0
  let compromised = 0
  try {
    for await (const bundle of bundles) {
      last = checked(() =>
        bundle.format === 'grantlog-bundle-v1'
          ? checkBundle(bundle, { logKey })
          : checkLogBundle(bundle, { logKey }),
      )
      await handle.appendFile(`${JSON.stringify(bundle)}\n`)
      count++
      if ('compromisedSince' in last && last.compromisedSince !== null) compromised++
    }
    if (count === 0) throw new LedgerError('LEDGER_NOT_FOUND', 'there is no published record')
    return { compromised, count, last }
  } finally {
    await handle.close()
  }
}

function checked<T>(check: () => T): T {
  try {
    return check()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CliError('PROOF_WRONG', why, { cause })
  }
}

function discloseOf(text: string): Disclose {
  if (text === 'all') return 'all'
  if (text === 'none' || text === '') return []
  const slots = text.split(',')
  const unknown = slots.find((slot) => !isLogSlotName(slot))
  if (unknown !== undefined) throw new CliError('USAGE', `there is no slot ${unknown}`)
  return slots as LogSlotName[]
}

/** It is proved, and that somebody else may have signed it is, too. */
function compromisedFact(
  { compromised, count, last }: Written,
  { paint }: Pick<Terminal, 'paint'>,
): [string, string][] {
  if (compromised === 0) return []
  const since = last && 'compromisedSince' in last ? last.compromisedSince : null
  const from = count === 1 && since !== null ? ` from ${minuteText(since)}` : ''
  const text = `${compromised} sealed under a key that was declared compromised${from}`
  return [['compromised', paint.yellow(text)]]
}

function tell(
  written: { out: string; file: string; disclose: Disclose } & Written,
  terminal: Terminal,
): void {
  const { compromised, count, disclose, file, last, out } = written
  if (terminal.json) {
    const { index, size, origin, leaf } = last ?? {}
    const proved = {
      origin,
      size,
      count,
      compromised,
      index: count === 1 ? index : undefined,
      id: leaf?.id,
    }
    terminal.out(JSON.stringify({ out, file, disclosed: disclose, checked: true, ...proved }))
    return
  }
  const facts: [string, string][] = [
    ['written', out],
    ['records', `${count}, each checked`],
    ['tree', last ? `${last.size} entries of ${last.origin}` : 'no records'],
    ['disclosed', disclose === 'all' ? 'all slots' : disclose.join(' ') || 'no personal data'],
    ...compromisedFact(written, terminal),
  ]
  terminal.out(formatFacts(facts, terminal))
}
