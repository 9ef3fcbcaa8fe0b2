// What comparisons leave in the data folder: whole reports in queue/reports, of which the ledger
// has the digest, and in queue/reconcile what the next run of a service goes on from. All of it
// is the owner's alone: reports name routes.
import { createHash, randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Folders, makeFolder, readIfThere, writeDurable } from '@grantlog/ledger'
import {
  decodeState,
  encodeState,
  type ReconcileReport,
  type ReconcileState,
} from '@grantlog/query'

/** A report as it lies there. */
export interface Kept {
  /** Of the report and of its leaf: a UUID. */
  readonly id: string
  readonly file: string
  /** b64u of its SHA-256. */
  readonly digest: string
}

/** Reports kept; older ones go. 500 are three weeks of one each hour. */
const reportsMax = 500

/** Keeps a report; durable when it resolves. */
export async function keepReport(folders: Folders, report: ReconcileReport): Promise<Kept> {
  const folder = join(folders.queue, 'reports')
  await makeFolder(folder, 0o700)
  const id = randomUUID()
  const bytes = new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`)
  const file = join(folder, `${nameAt(report.madeAt)}-${id}.json`)
  await writeDurable(file, bytes, { mode: 0o600 })
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted()
  for (const name of names.slice(0, -reportsMax)) await rm(join(folder, name), { force: true })
  return { id, file, digest: createHash('sha256').update(bytes).digest('base64url') }
}

/** What the last run left; null when there is none. Errors: RECONCILE_STATE. */
export async function lastState(folders: Folders, service: string): Promise<ReconcileState | null> {
  const bytes = await readIfThere(stateFile(folders, service))
  return bytes === null ? null : decodeState(new TextDecoder().decode(bytes), service)
}

export async function keepState(
  folders: Folders,
  service: string,
  state: ReconcileState,
): Promise<void> {
  await makeFolder(join(folders.queue, 'reconcile'), 0o700)
  await writeDurable(stateFile(folders, service), encodeState(state), { mode: 0o600 })
}

function stateFile({ queue }: Folders, service: string): string {
  return join(queue, 'reconcile', `${encodeURIComponent(service) || '_'}.json`)
}

function nameAt(unixMs: number): string {
  return new Date(unixMs).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)
}
