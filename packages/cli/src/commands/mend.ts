// `grantlog mend`: puts back files of the public log that are gone. See test/backup.test.ts.
import type { Command } from 'commander'
import { mendLedger } from '@grantlog/ledger'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { printable } from '../printable.ts'
import { grouped, startProgress } from '../progress.ts'
import type { Terminal } from '../terminal.ts'

export function describeMend(command: Command): Command {
  return addDataOption(command).summary(
    'put back files of the public log that are gone, out of the commits',
  )
}

/** 1 when some are otherwise than they should be. Errors: those of `mendLedger`. */
export async function mend(flags: DataFlags, terminal: Terminal): Promise<ExitCode> {
  const { err, json, out, paint } = terminal
  const progress = startProgress(terminal, 'mending', 'entries')
  const mended = await mendLedger(dataFolders(flags), (done, total) => {
    progress.update({ done, total })
  })
  progress.stop()
  const { differing, firstDiffering, size, written } = mended
  if (json) out(JSON.stringify(mended))
  else {
    out(`${grouped(written)} files put back, of a log of ${grouped(size)} entries`)
    for (const path of firstDiffering) out(paint.red(`otherwise: ${printable(path)}`))
  }
  if (differing > 0) {
    err(
      `${grouped(differing)} files are not what was signed, and stay as they are, as evidence. ` +
        'Move them away, and run it again.',
    )
  }
  return differing > 0 ? EXIT.failed : EXIT.ok
}
