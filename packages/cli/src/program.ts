// The command line as a whole: which commands there are, and how each ends.
import { Command, CommanderError } from 'commander'
import { addCommands } from './command-table.ts'
import { CliError, formatProblem, type Problem, problemOf } from './errors.ts'
import { EXIT, type ExitCode, exitCodeLines } from './exit-codes.ts'
import { maskedText } from './masked.ts'
import { openTerminal, type Streams, type Terminal } from './terminal.ts'
import { version } from './version.ts'

/** Runs one command line, without `node` and the script. Resolves with its exit code. */
export async function runCli(
  args: readonly string[],
  streams: Streams = process,
): Promise<ExitCode> {
  const json = args.includes('--json')
  const debug = args.includes('--debug')
  const terminal = openTerminal(streams, json)
  let exit: ExitCode = EXIT.ok
  let complaint = ''
  const program = newProgram(terminal, (text) => void (complaint += text))
  try {
    const [first = ''] = args[0] === 'help' ? args.slice(1) : args
    const place = { program, terminal, setExit: (code: ExitCode) => void (exit = code) }
    if (first !== '--version') await addCommands(first, place)
    await program.parseAsync(withoutHelp(args, program), { from: 'user' })
    return exit
  } catch (error) {
    terminal.progress.clear()
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    const isUsage = error instanceof CommanderError
    const problem: Problem = isUsage ? usageOf(error) : problemOf(error)
    terminal.err(formatProblem(problem, json, terminal.columns))
    if (isHelp(error) && !json) terminal.err(`\n${complaint.trimEnd()}`)
    if (debug && error instanceof Error) terminal.err(maskedText(stackOf(error)))
    if (problem.code === 'USAGE' || problem.place !== undefined) return EXIT.usage
    const [command = ''] = args.filter((arg) => !arg.startsWith('-'))
    return ['reconcile', 'verify'].includes(command) ? EXIT.notChecked : EXIT.failed
  }
}

/** `writeErr` gets what commander complains of, which comes again as an error with a code. */
function newProgram(terminal: Terminal, writeErr: (text: string) => void): Command {
  return new Command('grantlog')
    .description('The audit trail for OAuth 2.0.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr,
    })
    .addHelpText('after', `\nExit codes:\n${exitCodeLines()}`)
}

/** Of a call for help only the name where there is no such command: commander then says so. */
function withoutHelp(args: readonly string[], { commands }: Command): readonly string[] {
  const [first = '', second = ''] = args
  const isAsked = first === 'help' || args.includes('--help') || args.includes('-h')
  const name = first === 'help' ? second : first
  const isKnown = ['help', ...commands.map((command) => command.name())].includes(name)
  return !isAsked || isKnown || /^(-|$)/.test(name) ? args : [name]
}

/** Without a command, commander throws its help text instead of a message. */
function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === 'commander.help'
}

function usageOf(error: CommanderError): CliError {
  const message = isHelp(error) ? 'no command given' : error.message
  return new CliError('USAGE', message.replace(/^error: /, '').replaceAll('\n', ' '), {
    cause: error,
  })
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
