// `grantlog keys log`: what services that enrol themselves are given, the same for all: whom they
// trust, and the keys by which tokens and people are hashed. See test/flow/self-enrolment.test.ts.
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { makeFolder, readPublicKeys } from '@grantlog/ledger'
import { writeNew } from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { readSharedKeys } from '../first-start.ts'
import { requirePlace } from '../place.ts'
import type { Terminal } from '../terminal.ts'

export interface KeysLogFlags extends DataFlags {
  readonly hashKeys?: string
}

export function describeKeysLog(command: Command): Command {
  return addDataOption(command)
    .summary('print what services that enrol themselves trust')
    .option('--hash-keys <file>', 'also write the secret keys of hashes, for these services')
}

/** Errors: LEDGER_NOT_FOUND, CREDENTIALS_EXIST. */
export async function keysLog(flags: KeysLogFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const { logKey, receiptKey } = await readPublicKeys(folders.keys)
  const env: Record<string, string> = {
    GRANTLOG_LOG_KEY: logKey,
    GRANTLOG_RECEIPT_KEY: receiptKey,
  }
  if (flags.hashKeys !== undefined) {
    const file = resolve(flags.hashKeys)
    await requirePlace(dirname(file))
    await makeFolder(dirname(file), 0o700)
    await writeNew(file, `${JSON.stringify(await readSharedKeys(folders), null, 2)}\n`)
    env.GRANTLOG_HASH_KEYS = file
  }
  const { err, json, out } = terminal
  if (json) {
    out(JSON.stringify({ env }))
    return EXIT.ok
  }
  if (flags.hashKeys !== undefined) {
    err('Whoever has that file (0600) can tell of a hash whose it is: give it to services alone.')
  }
  for (const [name, value] of Object.entries(env)) out(`${name}=${value}`)
  return EXIT.ok
}
