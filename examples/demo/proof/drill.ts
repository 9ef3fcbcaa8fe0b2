// The fire drill: somebody with root changes what is stored, on a copy, and `grantlog verify` has
// to find it. Checksums are put right each time: they are there against disks, not against people.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openJournal } from '@grantlog/journal'
import { commitFolder, foldersUnder } from '@grantlog/ledger'
import { entriesPath, TILE_WIDTH } from '@grantlog/tlog'
import type { StoredRecord } from './evidence.ts'
import type { Processes } from './processes.ts'

/** One way to tamper. */
export interface Tampering {
  readonly what: string
  readonly run: (data: string, target: StoredRecord) => Promise<void>
}

/** What verify said of it. */
export interface DrillResult {
  readonly what: string
  readonly findings: readonly {
    readonly word: string
    readonly code: string
    readonly where: string
  }[]
}

export const tamperings: readonly Tampering[] = [
  {
    what: 'a byte of the stored record is flipped, its checksum made right',
    run: (data, { frame }) =>
      rewriteCommits(data, (payloads) => {
        const payload = payloads[frame]!
        payload[payload.length - 20]! ^= 1
        return payloads
      }),
  },
  {
    what: "the record's leaf is rewritten in the log's entries",
    run: async (data, { entry }) => {
      const file = await entriesFile(data, Math.floor(entry.index / TILE_WIDTH))
      const bytes = await readFile(file)
      const at = bytes.indexOf(entry.entry) + '{"digest":"'.length
      bytes[at] = bytes[at] === 65 ? 66 : 65
      await writeFile(file, bytes)
    },
  },
  {
    what: 'the record and all after it are cut off the stored commits',
    run: (data, { frame }) => rewriteCommits(data, (payloads) => payloads.slice(0, frame)),
  },
]

export interface DrillOptions {
  readonly processes: Processes
  readonly data: string
  /** Where copies may be made. */
  readonly folder: string
  readonly logKey: string
  readonly seen: string
}

/** Tampers with a copy and lets the command line look at it. */
export async function drill(
  tampering: Tampering,
  target: StoredRecord,
  options: DrillOptions,
): Promise<DrillResult> {
  const { data, folder, logKey, processes, seen } = options
  const copy = await mkdtemp(join(folder, 'drill-'))
  try {
    await cp(data, copy, { recursive: true })
    await tampering.run(copy, target)
    const flags = ['--data', copy, '--key', logKey, '--seen', seen, '--json']
    const { code, stderr, stdout } = await processes.grantlog(['verify', ...flags])
    if (code !== 0 && code !== 1) throw new Error(`verify ended with ${code}: ${stderr}`)
    const { findings } = JSON.parse(stdout) as DrillResult
    return { what: tampering.what, findings }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function rewriteCommits(
  data: string,
  change: (payloads: Uint8Array[]) => Uint8Array[],
): Promise<void> {
  const directory = commitFolder(foldersUnder(data))
  const old = await openJournal({ directory, readOnly: true })
  const payloads: Uint8Array[] = []
  for await (const { payload } of old.read(0)) payloads.push(Uint8Array.from(payload))
  await old.close()
  await rm(directory, { recursive: true })
  const journal = await openJournal({ directory })
  for (const payload of change(payloads)) await journal.append(payload)
  await journal.close()
}

/** A bundle's file: the full one, or its widest partial form. */
async function entriesFile(data: string, bundle: number): Promise<string> {
  const full = join(foldersUnder(data).ledger, entriesPath(bundle))
  const widths = await readdir(`${full}.p`).catch(() => [])
  if (widths.length === 0) return full
  return join(`${full}.p`, String(Math.max(...widths.map(Number))))
}
