/**
 * The command line as a function: what `grantlog` runs. Every other use of Grantlog is in the
 * packages it composes. See test/ for each command as a process.
 *
 * @module
 */
export { CLI_CODES, type CliCode, CliError, type Problem } from './errors.ts'
export { EXIT, type ExitCode } from './exit-codes.ts'
export { runCli } from './program.ts'
export type { Streams } from './terminal.ts'
