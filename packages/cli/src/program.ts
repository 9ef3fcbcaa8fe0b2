// The command line as a whole: which commands there are, and how each ends.
import { Command, CommanderError } from 'commander'
import {
  configCheck,
  configPrint,
  describeConfigCheck,
  describeConfigPrint,
} from './commands/config.ts'
import { describeConsole, showConsole } from './commands/console.ts'
import { describeDetect, detect } from './commands/detect.ts'
import { describeDoctor, doctor } from './commands/doctor.ts'
import { describeExport, exportFile } from './commands/export.ts'
import {
  type DecideFlags,
  describeFindingsAck,
  describeFindingsClose,
  describeFindingsList,
  describeFindingsShow,
  describeFindingsSilence,
  findingsDecide,
  findingsList,
  findingsShow,
  findingsSilence,
} from './commands/findings.ts'
import { describeForward, forward } from './commands/forward.ts'
import { describeHeld, held } from './commands/held.ts'
import {
  describeIndexRebuild,
  describeIndexStatus,
  indexRebuild,
  indexStatus,
} from './commands/index.ts'
import { describeKeysList, describeKeysNew, keysList, keysNew } from './commands/keys.ts'
import {
  describeKeysExport,
  describeKeysImport,
  keysExport,
  keysImport,
} from './commands/keys-ship.ts'
import { describeKeysLog, keysLog } from './commands/keys-log.ts'
import { describeKeysRevoke, keysRevoke } from './commands/keys-revoke.ts'
import { describeKeysRotate, keysRotate } from './commands/keys-rotate.ts'
import { describeLineage, lineage } from './commands/lineage.ts'
import {
  describeObserveHydra,
  describeObserveKeycloak,
  observeHydra,
  observeKeycloak,
} from './commands/observe.ts'
import {
  describePolicyApply,
  describePolicyCheck,
  describePolicyDiff,
  describePolicyShow,
  describePolicyTest,
  policyApply,
  policyCheck,
  policyDiff,
  policyShow,
  policyTest,
} from './commands/policy.ts'
import { describeProve, prove } from './commands/prove.ts'
import { describeQuarantine, quarantine } from './commands/quarantine.ts'
import { describeReceipts, receipts } from './commands/receipts.ts'
import { describeReceiver, receiver } from './commands/receiver.ts'
import { describeReconcile, reconcile } from './commands/reconcile.ts'
import { describeReplay, replay } from './commands/replay.ts'
import { describeRulesTest, rulesTest } from './commands/rules.ts'
import { describeScopes, scopes } from './commands/scopes.ts'
import { describeSearch, search } from './commands/search.ts'
import { describeSessions, sessions } from './commands/sessions.ts'
import { describeTail, tail } from './commands/tail.ts'
import {
  describeTenantsList,
  describeTenantsNew,
  tenantsList,
  tenantsNew,
} from './commands/tenants.ts'
import { describeTokens, tokens } from './commands/tokens.ts'
import { describeVerify, verify } from './commands/verify.ts'
import { CliError, formatProblem, type Problem, problemOf } from './errors.ts'
import { EXIT, type ExitCode, exitCodeLines } from './exit-codes.ts'
import { maskedText } from './masked.ts'
import { isReader, normalPriority } from './priority.ts'
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
  const program = buildProgram(terminal, (code) => (exit = code))
  try {
    await program.parseAsync(withoutHelp(args, program), { from: 'user' })
    return exit
  } catch (error) {
    terminal.progress.clear()
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    const isUsage = error instanceof CommanderError
    const problem: Problem = isUsage ? usageOf(error) : problemOf(error)
    terminal.err(formatProblem(problem, json, terminal.columns))
    if (debug && error instanceof Error) terminal.err(maskedText(stackOf(error)))
    if (problem.code === 'USAGE' || problem.place !== undefined) return EXIT.usage
    const [command = ''] = args.filter((arg) => !arg.startsWith('-'))
    return ['reconcile', 'verify'].includes(command) ? EXIT.notChecked : EXIT.failed
  }
}

/** A command that takes the words of a query. */
type Asking<F> = (words: readonly string[], flags: F, terminal: Terminal) => Promise<ExitCode>

function buildProgram(terminal: Terminal, setExit: (code: ExitCode) => void): Command {
  const program = new Command('grantlog')
    .description('The audit trail for OAuth 2.0.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      // What commander complains of comes again as an error with a code.
      writeErr: () => undefined,
    })
    .addHelpText('after', `\nExit codes:\n${exitCodeLines()}`)
  const add = <F>(
    parent: Command,
    name: string,
    [describe, run]: [(c: Command) => Command, (flags: F, terminal: Terminal) => Promise<ExitCode>],
  ): void => {
    const command = withCommonOptions(describe(parent.command(name)))
    command.action(async () => setExit(await run(command.opts() as F, terminal)))
  }
  const addAsking = <F>(
    name: string,
    [describe, run]: [(c: Command) => Command, Asking<F>],
  ): void => {
    const command = withCommonOptions(describe(program.command(name)))
    command.action(async (words: string[]) => {
      setExit(await run(words, command.opts() as F, terminal))
    })
  }
  add(program, 'receiver', [describeReceiver, receiver])
  const config = program.command('config').summary('grantlog.yaml')
  const checking = withCommonOptions(describeConfigCheck(config.command('check')))
  checking.action(async (file: string) => setExit(await configCheck(file, terminal)))
  add(config, 'print', [describeConfigPrint, configPrint])
  add(program, 'console', [describeConsole, showConsole])
  addKeys(program, terminal, setExit)
  add(program, 'receipts', [describeReceipts, receipts])
  addTenants(program, terminal, setExit)
  const observing = program.command('observe').summary('servers that cannot sign for themselves')
  add(observing, 'keycloak', [describeObserveKeycloak, observeKeycloak])
  add(observing, 'hydra', [describeObserveHydra, observeHydra])
  add(program, 'verify', [describeVerify, verify])
  const proving = withCommonOptions(describeProve(program.command('prove')))
  proving.action(async (record: string | undefined) => {
    setExit(await prove(record, proving.opts(), terminal))
  })
  addAsking('search', [describeSearch, search])
  addAsking('tail', [describeTail, tail])
  const following = withCommonOptions(describeLineage(program.command('lineage')))
  following.action(async (target: string) => {
    setExit(await lineage(target, following.opts(), terminal))
  })
  addAsking('tokens', [describeTokens, tokens])
  addAsking('sessions', [describeSessions, sessions])
  addAsking('scopes', [describeScopes, scopes])
  addAsking('export', [describeExport, exportFile])
  const index = program.command('index').summary('what searches look into')
  add(index, 'status', [describeIndexStatus, indexStatus])
  add(index, 'rebuild', [describeIndexRebuild, indexRebuild])
  add(program, 'reconcile', [describeReconcile, reconcile])
  addPolicy(program, terminal, setExit)
  add(program, 'replay', [describeReplay, replay])
  addRules(program, terminal, setExit)
  add(program, 'detect', [describeDetect, detect])
  addFindings(program, terminal, setExit)
  add(program, 'forward', [describeForward, forward])
  add(program, 'quarantine', [describeQuarantine, quarantine])
  add(program, 'held', [describeHeld, held])
  add(program, 'doctor', [describeDoctor, doctor])
  return program
}

function addKeys(program: Command, terminal: Terminal, setExit: (code: ExitCode) => void): void {
  const keys = program.command('keys').summary('who may sign records')
  const making = withCommonOptions(describeKeysNew(keys.command('new')))
  making.action(async () => setExit(await keysNew(making.opts(), terminal)))
  const listing = withCommonOptions(describeKeysList(keys.command('list')))
  listing.action(async () => setExit(await keysList(listing.opts(), terminal)))
  const rotating = withCommonOptions(describeKeysRotate(keys.command('rotate')))
  rotating.action(async (key: string) => setExit(await keysRotate(key, rotating.opts(), terminal)))
  const revoking = withCommonOptions(describeKeysRevoke(keys.command('revoke')))
  revoking.action(async (key: string) => setExit(await keysRevoke(key, revoking.opts(), terminal)))
  const telling = withCommonOptions(describeKeysLog(keys.command('log')))
  telling.action(async () => setExit(await keysLog(telling.opts(), terminal)))
  const exporting = withCommonOptions(describeKeysExport(keys.command('export')))
  exporting.action(async () => setExit(await keysExport(exporting.opts(), terminal)))
  const importing = withCommonOptions(describeKeysImport(keys.command('import')))
  importing.action(async (file: string) => {
    setExit(await keysImport(file, importing.opts(), terminal))
  })
}

function addRules(program: Command, terminal: Terminal, setExit: (code: ExitCode) => void): void {
  const rules = program.command('rules').summary('what detection looks for')
  const testing = withCommonOptions(describeRulesTest(rules.command('test')))
  testing.action(async (paths: string[]) => {
    setExit(await rulesTest(paths, testing.opts(), terminal))
  })
}

function addPolicy(program: Command, terminal: Terminal, setExit: (code: ExitCode) => void): void {
  const policy = program.command('policy').summary('who may do what, and how much is recorded')
  const checking = withCommonOptions(describePolicyCheck(policy.command('check')))
  checking.action(async (file: string) => setExit(await policyCheck(file, terminal)))
  const testing = withCommonOptions(describePolicyTest(policy.command('test')))
  testing.action(async (file: string) => {
    setExit(await policyTest(file, testing.opts(), terminal))
  })
  const comparing = withCommonOptions(describePolicyDiff(policy.command('diff')))
  comparing.action(async (before: string, after: string) => {
    setExit(await policyDiff([before, after], terminal))
  })
  const showing = withCommonOptions(describePolicyShow(policy.command('show')))
  showing.action(async (file: string | undefined) => {
    setExit(await policyShow(file, showing.opts(), terminal))
  })
  const applying = withCommonOptions(describePolicyApply(policy.command('apply')))
  applying.action(async (file: string) => {
    setExit(await policyApply(file, applying.opts(), terminal))
  })
}

function addFindings(
  program: Command,
  terminal: Terminal,
  setExit: (code: ExitCode) => void,
): void {
  const findings = program.command('findings').summary('what rules found, and what becomes of it')
  const listing = withCommonOptions(describeFindingsList(findings.command('list')))
  listing.action(async () => setExit(await findingsList(listing.opts(), terminal)))
  const showing = withCommonOptions(describeFindingsShow(findings.command('show')))
  showing.action(async (id: string) => setExit(await findingsShow(id, showing.opts(), terminal)))
  const taking = withCommonOptions(describeFindingsAck(findings.command('ack')))
  taking.action(async (id: string) => {
    setExit(await findingsDecide([id, 'acknowledged'], taking.opts(), terminal))
  })
  const closing = withCommonOptions(describeFindingsClose(findings.command('close')))
  closing.action(async (id: string) => {
    const flags = closing.opts<DecideFlags>()
    const status = flags.falsePositive === true ? 'false_positive' : 'closed'
    setExit(await findingsDecide([id, status], flags, terminal))
  })
  const hushing = withCommonOptions(describeFindingsSilence(findings.command('silence')))
  hushing.action(async () => setExit(await findingsSilence(hushing.opts(), terminal)))
}

function addTenants(program: Command, terminal: Terminal, setExit: (code: ExitCode) => void): void {
  const tenants = program.command('tenants').summary('ledgers of their own, in one receiver')
  const founding = withCommonOptions(describeTenantsNew(tenants.command('new')))
  founding.action(async (name: string) => {
    setExit(await tenantsNew(name, founding.opts(), terminal))
  })
  const listing = withCommonOptions(describeTenantsList(tenants.command('list')))
  listing.action(async () => setExit(await tenantsList(listing.opts(), terminal)))
}

function withCommonOptions(command: Command): Command {
  if (isReader(command.name()) || isReader(command.parent?.name() ?? '')) {
    // Read by main.ts, before there is a Command.
    command.option(normalPriority, 'do not give way to other processes that need the processor')
  }
  return command
    .option('--json', 'JSON on stdout; errors as JSON on stderr')
    .option('--debug', 'print the stack of an error')
    .allowExcessArguments(false)
}

/** Of `help NAME` only the name where there is no such command: commander then says so. */
function withoutHelp(args: readonly string[], { commands }: Command): readonly string[] {
  const [help, name = ''] = args
  const isKnown = ['help', ...commands.map((command) => command.name())].includes(name)
  return help !== 'help' || isKnown || /^(-|$)/.test(name) ? args : [name]
}

function usageOf(error: CommanderError): CliError {
  // Without a command, commander throws its help text instead of a message.
  const message = error.code === 'commander.help' ? 'no command given' : error.message
  return new CliError('USAGE', message.replace(/^error: /, '').replaceAll('\n', ' '), {
    cause: error,
  })
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}
