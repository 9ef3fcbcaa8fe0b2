// `grantlog keys revoke`: nothing more is taken of a key. See test/keys-lifecycle.test.ts.
import { type Command, Option } from 'commander'
import { type Enrolment, type RevocationReason, revocationReasons } from '@grantlog/ledger'
import { changeEnrolled, readEnrolled } from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { keyCalled, minuteText } from '../key-state.ts'
import { timeOf } from '../options.ts'
import type { Terminal } from '../terminal.ts'

export interface KeysRevokeFlags extends DataFlags {
  /** With - or _ between its words. */
  readonly reason?: string
  /** Unix milliseconds. */
  readonly since?: number
}

const reasonNames = revocationReasons.map((reason) => reason.replaceAll('_', '-'))

export function describeKeysRevoke(command: Command): Command {
  return addDataOption(command)
    .summary('refuse from now on whatever a key signed, or will sign')
    .argument('<kid>', 'the key, or the beginning of its name')
    .addOption(
      new Option(
        '--reason <reason>',
        'why; it becomes part of the log (default: unspecified, with --since key-compromise)',
      ).choices(reasonNames),
    )
    .option(
      '--since <time>',
      'when somebody else may have had it first: 2026-01-31T12:00Z, or 2h, 7d ago',
      (text) => timeOf(text),
    )
}

/**
 * A key that is revoked already stays so; its reason and `--since` may change. Errors: KEY_UNKNOWN,
 * KEY_AMBIGUOUS, SINCE_REFUSED, ENROLLED_BUSY.
 */
export async function keysRevoke(
  name: string,
  flags: KeysRevokeFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const isSince = flags.since !== undefined
  const chosen = flags.reason ?? (isSince ? 'key_compromise' : 'unspecified')
  const reason = chosen.replaceAll('-', '_') as RevocationReason
  const nowS = Math.floor(Date.now() / 1000)
  const folders = dataFolders(flags)
  // Before anything is locked: there may be no such folder.
  keyCalled(name, await readEnrolled(folders))
  let revoked: Enrolment | undefined
  await changeEnrolled(folders, (enrolled) => {
    const key = keyCalled(name, enrolled)
    const { validUntil } = key
    const end = validUntil === 0 ? nowS : Math.min(validUntil, nowS)
    const since = isSince ? { since: sinceOf(flags.since!, key, nowS) } : {}
    revoked = { ...key, revoked: reason, validUntil: end, ...since }
    return enrolled.map((each) => (each === key ? revoked! : each))
  })
  const { kid, services, since, validUntil } = revoked!
  if (terminal.json) {
    terminal.out(JSON.stringify({ kid, services, revoked: reason, since, validUntil }))
  } else {
    const { err, paint } = terminal
    const why = reason.replaceAll('_', '-')
    err(`${paint.bold(services.join(' '))}: the key ${kid} is revoked (${why})`)
    err('A running receiver refuses it within a second, also what waits in the spools of its')
    err('service; another start reads it first. `grantlog keys new` makes another key.')
    if (since !== undefined) {
      err(`What was sealed under it from ${minuteText(since)} on stays, and is marked: see`)
      err('`grantlog verify --strict`.')
    }
  }
  return EXIT.ok
}

/** In Unix seconds. Errors: SINCE_REFUSED. */
function sinceOf(ms: number, { kid, validFrom }: Enrolment, nowS: number): number {
  const since = Math.floor(ms / 1000)
  if (since > nowS) throw new CliError('SINCE_REFUSED', `${minuteText(since)} is in the future`)
  if (since < validFrom) {
    const why = `${minuteText(since)} is before ${kid} could sign, ${minuteText(validFrom)}`
    throw new CliError('SINCE_REFUSED', why)
  }
  return since
}
