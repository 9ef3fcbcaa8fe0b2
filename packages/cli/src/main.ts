#!/usr/bin/env node
// The command `grantlog`.
import { giveWay } from './priority.ts'

// A reader that goes away (`grantlog search | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
const args = process.argv.slice(2)
giveWay(args)
// Only now: loading it is most of what a short command costs.
const { runCli } = await import('./program.ts')
process.exitCode = await runCli(args)
