#!/usr/bin/env node
// The command `grantlog`.
import { runCli } from './program.ts'

// A reader that goes away (`grantlog search | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
process.exitCode = await runCli(process.argv.slice(2))
