// `grantlog tenants new` and `grantlog tenants list`: ledgers of their own in one data folder,
// served by one receiver. See test/tenants.test.ts.
import type { Command } from 'commander'
import { createLedger, foldersUnder, LedgerError } from '@grantlog/ledger'
import { addRootOption, type DataFlags, rootFolder, tenantFolder } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { announceLedger, newOrigin, publishFirst } from '../first-start.ts'
import { nameOf, portOf, tenantNameOf } from '../options.ts'
import { requirePlace } from '../place.ts'
import { grouped } from '../progress.ts'
import { formatTable, type Terminal } from '../terminal.ts'
import { type FoundTenant, readTenants } from '../tenants.ts'

export interface TenantsNewFlags extends Pick<DataFlags, 'data'> {
  readonly origin?: string
}

export function describeTenantsNew(command: Command): Command {
  return addRootOption(command)
    .argument('<name>', 'a-z, 0-9 and -', tenantNameOf)
    .summary('make a ledger of its own, with its own keys')
    .option('--origin <name>', "its log's name (default: localhost/grantlog-<random>)", nameOf)
}

/** Errors: TENANT_EXISTS, FOLDER_UNUSABLE. */
export async function tenantsNew(
  name: string,
  flags: TenantsNewFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const folder = tenantFolder(rootFolder(flags), name)
  const folders = foldersUnder(folder)
  await requirePlace(folder)
  try {
    const keys = await createLedger(folders, flags.origin ?? newOrigin())
    await publishFirst(folders)
    if (terminal.json) terminal.out(JSON.stringify({ name, folder, ...keys }))
    else announceLedger(keys, folders, terminal)
    return EXIT.ok
  } catch (error) {
    const isThere = error instanceof LedgerError && error.code === 'LEDGER_EXISTS'
    throw isThere ? new CliError('TENANT_EXISTS', name) : error
  }
}

export interface TenantsListFlags extends Pick<DataFlags, 'data'> {
  readonly adminPort: number
}

export function describeTenantsList(command: Command): Command {
  return addRootOption(command)
    .summary('list the tenants, how large they are, and whether they are served')
    .option('--admin-port <port>', "the receiver's admin port", portOf, 4319)
}

export async function tenantsList(flags: TenantsListFlags, terminal: Terminal): Promise<ExitCode> {
  const tenants = await readTenants(rootFolder(flags), flags.adminPort)
  if (terminal.json) terminal.out(JSON.stringify({ tenants }))
  else if (tenants.length === 0) {
    terminal.err('There are no tenants; make one with `grantlog tenants new NAME`.')
  } else {
    const head = ['tenant', 'origin', 'state', 'entries', 'disk']
    terminal.out(formatTable(head, tenants.map(rowOf), terminal))
  }
  return EXIT.ok
}

function rowOf({ diskBytes, entries, name, origin, state }: FoundTenant): string[] {
  const mib = `${(diskBytes / 1024 ** 2).toFixed(1)} MiB`
  return [name, origin, state, entries === null ? '' : grouped(entries), mib]
}
