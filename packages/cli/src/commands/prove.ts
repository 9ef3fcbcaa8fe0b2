// `grantlog prove`: a folder that proves one record (or all) to somebody who has nothing else. See
// test/prove.test.ts.
import { existsSync } from 'node:fs'
import { copyFile, type FileHandle, open, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type Bundle,
  type BundleOptions,
  type BundleReport,
  checkBundle,
  LedgerError,
  type LedgerReader,
  makeBundle,
  makeBundles,
  makeFolder,
  openReader,
} from '@grantlog/ledger'
import { isSlotName, type SlotName, slotNames } from '@grantlog/record'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { bundleReadme } from '../bundle-readme.ts'
import { formatFacts, type Terminal } from '../terminal.ts'

export interface ProveFlags extends DataFlags {
  readonly out?: string
  readonly disclose: string
  readonly all?: boolean
}

type Disclose = NonNullable<BundleOptions['disclose']>

export function describeProve(command: Command): Command {
  return addDataOption(command)
    .summary('write what proves a record, for somebody who has nothing else')
    .argument('[record]', 'audit.record.id, or index in the log')
    .option('--all', 'every record, as bundles.jsonl')
    .option('--out <dir>', 'folder to write (default: ./grantlog-proof-<record>)')
    .option('--disclose <slots>', `all, none, or of ${slotNames.join(',')}`, 'none')
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
  const file = join(out, record === undefined ? 'bundles.jsonl' : 'bundle.json')
  if (existsSync(file)) throw new CliError('OUT_EXISTS', file)
  const reader = await openReader(dataFolders(flags))
  try {
    const { count, last } = await writeBundles(bundlesOf(reader, record, disclose), reader, file)
    await writeFile(join(out, 'log.vkey'), `${reader.logKey}\n`)
    await writeFile(join(out, 'README.md'), bundleReadme({ count, disclose, reader, last }))
    const verifier = new URL('../../assets/verify.py', import.meta.url)
    await copyFile(verifier, join(out, 'verify.py'))
    tell({ out, file, count, last, disclose }, terminal)
    return EXIT.ok
  } finally {
    await reader.close()
  }
}

interface Written {
  readonly count: number
  readonly last: BundleReport | undefined
}

async function* bundlesOf(
  reader: LedgerReader,
  record: string | undefined,
  disclose: Disclose,
): AsyncGenerator<Bundle, void, void> {
  if (record === undefined) {
    yield* makeBundles(reader, ({ type }) => type === 'record', { disclose })
    return
  }
  const target = /^[0-9]+$/.test(record) ? { index: Number(record) } : { id: record }
  yield await makeBundle(reader, target, { disclose })
}

/**
 * Writes bundles as lines, each checked before as its receiver will check it. The folder is made
 * for the first one, and the file goes again when a later one is wrong.
 */
async function writeBundles(
  bundles: AsyncIterable<Bundle>,
  { logKey }: LedgerReader,
  file: string,
): Promise<Written> {
  let handle: FileHandle | undefined
  let last: BundleReport | undefined
  let count = 0
  try {
    for await (const bundle of bundles) {
      last = checked(() => checkBundle(bundle, { logKey }))
      if (!handle) await makeFolder(dirname(file))
      handle ??= await open(file, 'wx')
      await handle.appendFile(`${JSON.stringify(bundle)}\n`)
      count++
    }
    if (!handle) throw new LedgerError('LEDGER_NOT_FOUND', 'there is no published record')
    return { count, last }
  } catch (error) {
    if (handle) await rm(file, { force: true })
    throw error
  } finally {
    await handle?.close()
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
  const unknown = slots.find((slot) => !isSlotName(slot))
  if (unknown !== undefined) throw new CliError('USAGE', `there is no slot ${unknown}`)
  return slots as SlotName[]
}

function tell(
  written: { out: string; file: string; disclose: Disclose } & Written,
  terminal: Terminal,
): void {
  const { count, disclose, file, last, out } = written
  if (terminal.json) {
    const { index, size, origin, leaf } = last ?? {}
    const proved = { origin, size, count, index: count === 1 ? index : undefined, id: leaf?.id }
    terminal.out(JSON.stringify({ out, file, disclosed: disclose, checked: true, ...proved }))
    return
  }
  const facts: [string, string][] = [
    ['written', out],
    ['records', `${count}, each checked`],
    ['tree', last ? `${last.size} entries of ${last.origin}` : 'no records'],
    ['disclosed', disclose === 'all' ? 'all slots' : disclose.join(' ') || 'no personal data'],
  ]
  terminal.out(formatFacts(facts, terminal))
}
