// `grantlog keys revoke`: nothing more is taken of a key. See test/keys-lifecycle.test.ts.
import { type Command, Option } from 'commander'
import { type Enrolment, type RevocationReason, revocationReasons } from '@grantlog/ledger'
import { changeEnrolled, readEnrolled } from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { keyCalled } from '../key-state.ts'
import type { Terminal } from '../terminal.ts'

export interface KeysRevokeFlags extends DataFlags {
  /** With - or _ between its words. */
  readonly reason: string
}

const reasonNames = revocationReasons.map((reason) => reason.replaceAll('_', '-'))

export function describeKeysRevoke(command: Command): Command {
  return addDataOption(command)
    .summary('refuse from now on whatever a key signed, or will sign')
    .argument('<kid>', 'the key, or the beginning of its name')
    .addOption(
      new Option('--reason <reason>', 'why; it becomes part of the log')
        .choices(reasonNames)
        .default('unspecified'),
    )
}

/** A key that is revoked already stays so; its reason may change. */
export async function keysRevoke(
  name: string,
  flags: KeysRevokeFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const reason = flags.reason.replaceAll('-', '_') as RevocationReason
  const nowS = Math.floor(Date.now() / 1000)
  const folders = dataFolders(flags)
  // Before anything is locked: there may be no such folder.
  keyCalled(name, await readEnrolled(folders))
  let revoked: Enrolment | undefined
  await changeEnrolled(folders, (enrolled) => {
    const key = keyCalled(name, enrolled)
    const { validUntil } = key
    const end = validUntil === 0 ? nowS : Math.min(validUntil, nowS)
    revoked = { ...key, revoked: reason, validUntil: end }
    return enrolled.map((each) => (each === key ? revoked! : each))
  })
  const { kid, services, validUntil } = revoked!
  if (terminal.json) terminal.out(JSON.stringify({ kid, services, revoked: reason, validUntil }))
  else {
    const { err, paint } = terminal
    err(`${paint.bold(services.join(' '))}: the key ${kid} is revoked (${flags.reason})`)
    err('A running receiver refuses it within a second, also what waits in the spools of its')
    err('service; another start reads it first. `grantlog keys new` makes another key.')
  }
  return EXIT.ok
}
