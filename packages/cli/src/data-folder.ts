// Where the data is: --data, GRANTLOG_DATA, or the place for state that the system has
// (XDG Base Directory Specification). Never the current folder by itself.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Folders, foldersUnder } from '@grantlog/ledger'

export interface DataFlags {
  readonly data?: string | undefined
}

/** The data folder, absolute. */
export function dataFolder(
  { data }: DataFlags,
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

export function addDataOption(command: Command): Command {
  return command.option('--data <dir>', 'data folder (GRANTLOG_DATA; default: the state folder)')
}
