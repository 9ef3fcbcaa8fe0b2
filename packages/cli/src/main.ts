#!/usr/bin/env node
// The command `grantlog`.
import { isTooOld } from './node-version.ts'
import { giveWay } from './priority.ts'

// A reader that goes away (`grantlog search | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
const args = process.argv.slice(2)
if (isTooOld(process.versions.node)) {
  const { CliError, formatProblem } = await import('./errors.ts')
  const problem = new CliError('NODE_TOO_OLD', process.version)
  process.stderr.write(`${formatProblem(problem, args.includes('--json'))}\n`)
  process.exit(1)
}
giveWay(args)
// Only now: loading it is most of what a short command costs.
const { runCli } = await import('./program.ts')
process.exitCode = await runCli(args)
