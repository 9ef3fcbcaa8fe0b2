// `grantlog export`: the records of a query as a file, and a signed manifest that says what the
// file is. See test/export.test.ts.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { writeDurable } from '@grantlog/ledger'
import {
  EXPORT_FORMATS,
  type Exported,
  type ExportFormat,
  exportRecords,
  exportVkey,
  type Manifest,
  manifestOf,
  openManifest,
  type Reading,
} from '@grantlog/query'
import { dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { exportKeyFile } from '../first-start.ts'
import { addIndexOption, type IndexFlags, openAsked } from '../index-folder.ts'
import { requirePlace } from '../place.ts'
import { printable } from '../printable.ts'
import { counted, grouped, startProgress } from '../progress.ts'
import { textOf } from '../query-words.ts'
import { formatFacts, type Terminal } from '../terminal.ts'
import { addQuery } from './search.ts'
import { keyOf } from './verify.ts'

export interface ExportFlags extends IndexFlags {
  readonly format: ExportFormat
  readonly out?: string
  readonly force?: boolean
  readonly showPersonal?: boolean
  readonly check?: string
  readonly key?: string
}

export function describeExport(command: Command): Command {
  return addQuery(addIndexOption(command))
    .summary('write the records of a query into a file, with a signed manifest')
    .addOption(
      new Option('--format <name>', 'of the lines').choices(EXPORT_FORMATS).default('ndjson'),
    )
    .option('--out <file>', 'the file; the manifest lies beside it, as FILE.manifest')
    .option('--force', 'write over files that are there')
    .option('--show-personal', 'with who and from where, not only pseudonyms')
    .option('--check <file>', 'verify an exported file by its manifest, instead')
    .option('--key <vkey>', "--check: the ledger's export.vkey, or that line")
}

export async function exportFile(
  words: readonly string[],
  flags: ExportFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { check, out } = flags
  if (check !== undefined) {
    if (out !== undefined || words.length > 0) {
      throw new CliError('USAGE', '--check takes no query and no --out')
    }
    return checkFile(check, flags, terminal)
  }
  if (out === undefined) throw new CliError('USAGE', '--out is missing: where to write the file')
  const [path, now] = [resolve(out), Date.now()]
  await requireNew(path, flags)
  const { query, reading } = await openAsked(words, flags, terminal)
  try {
    // Without a key nothing is written.
    exportVkey(reading.reader)
    const { reader } = reading
    const asked = { format: flags.format, now, showPersonal: flags.showPersonal === true }
    const { exported, manifest } = await withPart(path, async (file, signal) => {
      const exported = await writeRecords(reading, { ...asked, query, file, signal }, terminal)
      return {
        exported,
        manifest: manifestOf({ ...asked, reader, exported, query: textOf(words) }),
      }
    })
    await writeDurable(manifestPath(path), manifest, { mode: 0o600 })
    tell(path, { exported, reader }, terminal)
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

function tell(
  path: string,
  { exported, reader }: { readonly exported: Exported; readonly reader: Reading['reader'] },
  terminal: Terminal,
): void {
  const manifest = manifestPath(path)
  const key = exportVkey(reader)
  if (terminal.json) {
    terminal.out(JSON.stringify({ file: path, manifest, key, ...exported }))
    return
  }
  const { err, out, paint } = terminal
  out(path)
  const size = `${counted(exported.records, 'record')}, ${counted(exported.bytes, 'byte')}`
  err(`${size}; signed: ${manifest}`)
  err(`${paint.dim('to be checked with --key')} ${paint.green(key)}`)
}

function manifestPath(path: string): string {
  return `${path}.manifest`
}

/** Errors: EXPORT_EXISTS, FOLDER_UNUSABLE. */
async function requireNew(path: string, { force }: ExportFlags): Promise<void> {
  const there = [path, manifestPath(path)].find((one) => existsSync(one))
  if (there !== undefined && force !== true) throw new CliError('EXPORT_EXISTS', there)
  await requirePlace(dirname(path))
}

/** The file appears when it is whole; interrupted, nothing of it is left. */
async function withPart<T>(
  path: string,
  write: (file: FileHandle, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const part = `${path}.part`
  const ending = new AbortController()
  const onSignal = (signal: string): void => ending.abort(new CliError('SYSTEM', signal))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const file = await open(part, 'w', 0o600)
  try {
    const written = await write(file, ending.signal)
    await file.sync()
    await file.close()
    await rename(part, path)
    return written
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(part, { force: true })
    throw error
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

interface Writing {
  readonly query: Parameters<typeof exportRecords>[0]['query']
  readonly format: ExportFormat
  readonly now: number
  readonly showPersonal: boolean
  readonly file: FileHandle
  readonly signal: AbortSignal
}

async function writeRecords(
  reading: Reading,
  { file, ...asked }: Writing,
  terminal: Terminal,
): Promise<Exported> {
  const progress = startProgress(terminal, 'exporting', 'records')
  try {
    return await exportRecords({
      ...asked,
      reading,
      write: (part) => file.writeFile(part),
      onProgress: (done, total) => progress.update({ done, total }),
    })
  } finally {
    progress.stop()
  }
}

/** Errors: EXPORT_UNVERIFIED, EXPORT_MALFORMED, EXPORT_ALTERED, KEY_MALFORMED, USAGE. */
async function checkFile(path: string, flags: ExportFlags, terminal: Terminal): Promise<ExitCode> {
  const signed = await readFile(manifestPath(path))
  const keyFile = exportKeyFile(dataFolders(flags))
  if (flags.key === undefined && !existsSync(keyFile)) {
    throw new CliError('USAGE', `--key is missing, and there is no ${keyFile}: is --data right?`)
  }
  const manifest = openManifest(signed, keyOf(flags.key ?? keyFile))
  const found = await hashOf(path)
  if (found !== manifest.sha256) {
    throw new CliError('EXPORT_ALTERED', `SHA-256 ${found}, not ${manifest.sha256}`)
  }
  const keyFrom = flags.key === undefined ? 'data' : 'given'
  if (terminal.json) terminal.out(JSON.stringify({ result: 'verified', keyFrom, ...manifest }))
  else printManifest(manifest, keyFrom, terminal)
  return EXIT.ok
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array)
  return hash.digest('hex')
}

function printManifest(manifest: Manifest, keyFrom: string, terminal: Terminal): void {
  const { checkpoint, created, firstIndex, format, lastIndex, origin, personal } = manifest
  const places = firstIndex === null ? '' : `, ${firstIndex} to ${lastIndex}`
  const trusted = 'trusted as found beside the data; give yours with --key'
  const facts: [string, string][] = [
    ['origin', printable(origin)],
    ['key', keyFrom === 'given' ? 'as given' : trusted],
    ['query', printable(manifest.query) || '(everything)'],
    ['format', `${format}, personal slots ${personal}`],
    ['records', `${grouped(manifest.records)}${places}`],
    ['created', created],
    ['checkpoint', `${checkpoint.size} entries, root ${checkpoint.root}`],
  ]
  terminal.out(formatFacts(facts, terminal))
  terminal.out('')
  terminal.out(terminal.paint.green('verified: the file is what this ledger gave out'))
}
