// `grantlog prove`: a folder that proves one record (or all) to somebody who has nothing else. See
// test/prove.test.ts.
import { existsSync } from 'node:fs'
import { copyFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type BundleOptions,
  type BundleReport,
  checkBundle,
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
    const { count, last, text } = await bundlesOf(reader, record, disclose)
    await makeFolder(out)
    await writeFile(file, text)
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

interface Bundles {
  readonly text: string
  readonly count: number
  readonly last: BundleReport | undefined
}

/** Each bundle is checked as its receiver will check it, before anything is written. */
async function bundlesOf(
  reader: LedgerReader,
  record: string | undefined,
  disclose: Disclose,
): Promise<Bundles> {
  if (record !== undefined) {
    const target = /^[0-9]+$/.test(record) ? { index: Number(record) } : { id: record }
    const bundle = await makeBundle(reader, target, { disclose })
    const last = checked(() => checkBundle(bundle, { logKey: reader.logKey }))
    return { text: `${JSON.stringify(bundle, null, 2)}\n`, count: 1, last }
  }
  let last: BundleReport | undefined
  const lines: string[] = []
  for await (const bundle of makeBundles(reader, ({ type }) => type === 'record', { disclose })) {
    last = checked(() => checkBundle(bundle, { logKey: reader.logKey }))
    lines.push(`${JSON.stringify(bundle)}\n`)
  }
  return { text: lines.join(''), count: lines.length, last }
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
  written: { out: string; file: string; disclose: Disclose } & Omit<Bundles, 'text'>,
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
