// A data folder with a new ledger and enrolled producers, and what must hold of it after any fault.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Receipted } from './sender-loop.ts'
import { newPlace, type Place, recordsIn } from './senders.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')

/** A new ledger with three producers below `parent`; removed at the end. */
export async function newDataFolder(parent?: string): Promise<Place & AsyncDisposable> {
  const place = await newPlace(3, parent)
  const remove = (): Promise<void> => rm(place.data, { recursive: true, force: true })
  return { ...place, [Symbol.asyncDispose]: remove }
}

/** A temporary folder, removed at the end. */
export async function newFolder(
  name: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), `grantlog-${name}-`))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/**
 * Throws unless each receipt names the place of its record, no record is there twice, and
 * `grantlog verify` finds nothing. Gives the number of records in the log.
 */
export async function requireSound(
  { data, logKey }: Pick<Place, 'data' | 'logKey'>,
  receipted: readonly Receipted[],
): Promise<number> {
  const records = await recordsIn(data)
  const places = new Map(records.map(({ index, kid, seq }) => [index, `${kid} ${seq}`]))
  for (const { index, kid, seq } of receipted) {
    const found = places.get(index)
    if (found !== `${kid} ${seq}`) throw new Error(`${found} at ${index}, not ${kid} ${seq}`)
  }
  const report = await verifyFolder(data, logKey)
  if (report.records !== records.length) {
    throw new Error(`verify saw ${report.records} records of ${records.length}`)
  }
  return records.length
}

interface Verified {
  readonly records: number
  readonly verified: number
  readonly findings: readonly unknown[]
  readonly gaps: number
}

/** What `grantlog verify` says; throws when it is not clean. Gaps may be expected. */
export async function verifyFolder(
  data: string,
  logKey: string,
  { withGaps = false }: { readonly withGaps?: boolean } = {},
): Promise<Verified> {
  const flags = ['--data', data, '--key', logKey, '--json']
  const { code, output } = await run([process.execPath, main, 'verify', ...flags])
  if (code !== 0 && code !== 3) throw new Error(`grantlog verify ended with ${code}: ${output}`)
  const report = JSON.parse(output.trim().split('\n').at(-1)!) as Verified
  const hasGaps = report.gaps > 0 && !withGaps
  if (report.findings.length > 0 || hasGaps || report.verified !== report.records) {
    throw new Error(`grantlog verify: ${output}`)
  }
  return report
}

/** Runs a program to its end; never rejects. */
export function run(command: readonly string[]): Promise<{ code: number; output: string }> {
  const options = { maxBuffer: 64 * 1024 * 1024 }
  return new Promise((resolve) => {
    execFile(command[0]!, command.slice(1), options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ code, output: `${stderr}${stdout}` })
    })
  })
}
