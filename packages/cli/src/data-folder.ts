// Where the data is: --data, GRANTLOG_DATA, or the place for state that the system has
// (XDG Base Directory Specification). Never the current folder by itself.
// A tenant has a data folder of its own in it, with the same parts.
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Folders, foldersUnder, isTenantName, ledgerExists } from '@grantlog/ledger'
import { CliError } from './errors.ts'
import { tenantNameOf } from './options.ts'

export interface DataFlags {
  readonly data?: string | undefined
  readonly tenant?: string | undefined
}

/** The data folder, or that of the tenant in it; absolute. Errors: TENANT_UNKNOWN. */
export function dataFolder(flags: DataFlags): string {
  const root = rootFolder(flags)
  if (flags.tenant === undefined) return root
  const folder = tenantFolder(root, flags.tenant)
  if (!existsSync(folder)) throw new CliError('TENANT_UNKNOWN', `${flags.tenant} in ${root}`)
  return folder
}

/** The folder of a tenant within the data folder. */
export function tenantFolder(root: string, name: string): string {
  return join(root, 'tenants', name)
}

/** The data folder, absolute. */
export function rootFolder(
  { data }: Pick<DataFlags, 'data'>,
  env: NodeJS.ProcessEnv = process.env,
  userId: number | undefined = process.getuid?.(),
): string {
  const chosen = data || env.GRANTLOG_DATA
  if (chosen) return resolve(chosen)
  if (env.XDG_STATE_HOME) return join(resolve(env.XDG_STATE_HOME), 'grantlog')
  return userId === 0 ? '/var/lib/grantlog' : join(homedir(), '.local', 'state', 'grantlog')
}

export function dataFolders(flags: DataFlags): Folders {
  return foldersUnder(dataFolder(flags))
}

/** For commands that work on one ledger. */
export function addDataOption(command: Command): Command {
  return addRootOption(command).option(
    '--tenant <name>',
    'the ledger of this tenant (see `grantlog tenants`)',
    tenantNameOf,
  )
}

/** For commands that work on all of it. */
export function addRootOption(command: Command): Command {
  return command.option('--data <dir>', 'data folder (GRANTLOG_DATA; default: the state folder)')
}

/** The tenants that have a ledger there, in order. One that is being made is none yet. */
export async function tenantsIn(root: string): Promise<string[]> {
  const names = await readdir(join(root, 'tenants')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found: string[] = []
  for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
    if (!isTenantName(name)) continue
    if (await ledgerExists(foldersUnder(tenantFolder(root, name)))) found.push(name)
  }
  return found
}
