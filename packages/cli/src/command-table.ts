// The commands of the command line. Each is loaded only when it is asked for: reading all of their
// modules takes longer than most of them run.
import type { Command } from 'commander'
import type { DecideFlags } from './commands/findings.ts'
import type { ExitCode } from './exit-codes.ts'
import { isReader, normalPriority } from './priority.ts'
import type { Terminal } from './terminal.ts'

/** Where a command is put, and who takes its exit code. */
export interface Place {
  readonly program: Command
  readonly terminal: Terminal
  readonly setExit: (code: ExitCode) => void
}

/** Describes it and says what runs, of its options and the words after it. */
type Add = <F, W extends readonly unknown[] = []>(
  name: string,
  describe: (command: Command) => Command,
  run: (flags: F, terminal: Terminal, ...words: W) => Promise<ExitCode>,
) => void

/** In the order of the help. */
const table: Readonly<Record<string, (add: Add, place: Place) => Promise<void>>> = {
  receiver: async (add) => {
    const { describeReceiver, receiver } = await import('./commands/receiver.ts')
    add('receiver', describeReceiver, receiver)
  },
  config: async (_, place) => {
    const add = addingBelow('config', 'grantlog.yaml', place)
    const of = await import('./commands/config.ts')
    add('check', of.describeConfigCheck, (_flags, terminal, file: string) =>
      of.configCheck(file, terminal),
    )
    add('print', of.describeConfigPrint, of.configPrint)
  },
  console: async (add) => {
    const { describeConsole, showConsole } = await import('./commands/console.ts')
    add('console', describeConsole, showConsole)
  },
  keys: (_, place) => addKeys(addingBelow('keys', 'who may sign records', place)),
  receipts: async (add) => {
    const { describeReceipts, receipts } = await import('./commands/receipts.ts')
    add('receipts', describeReceipts, receipts)
  },
  tenants: async (_, place) => {
    const add = addingBelow('tenants', 'ledgers of their own, in one receiver', place)
    const of = await import('./commands/tenants.ts')
    add('new', of.describeTenantsNew, wordFirst(of.tenantsNew))
    add('list', of.describeTenantsList, of.tenantsList)
  },
  observe: async (_, place) => {
    const add = addingBelow('observe', 'servers that cannot sign for themselves', place)
    const of = await import('./commands/observe.ts')
    add('keycloak', of.describeObserveKeycloak, of.observeKeycloak)
    add('hydra', of.describeObserveHydra, of.observeHydra)
  },
  verify: async (add) => {
    const { describeVerify, verify } = await import('./commands/verify.ts')
    add('verify', describeVerify, verify)
  },
  mend: async (add) => {
    const { describeMend, mend } = await import('./commands/mend.ts')
    add('mend', describeMend, mend)
  },
  prove: async (add) => {
    const { describeProve, prove } = await import('./commands/prove.ts')
    add('prove', describeProve, wordFirst(prove))
  },
  search: async (add) => {
    const { describeSearch, search } = await import('./commands/search.ts')
    add('search', describeSearch, wordFirst(search))
  },
  show: async (add) => {
    const { describeShow, show } = await import('./commands/show.ts')
    add('show', describeShow, wordFirst(show))
  },
  hash: async (add) => {
    const { describeHash, hash } = await import('./commands/hash.ts')
    add('hash', describeHash, wordFirst(hash))
  },
  tail: async (add) => {
    const { describeTail, tail } = await import('./commands/tail.ts')
    add('tail', describeTail, wordFirst(tail))
  },
  lineage: async (add) => {
    const { describeLineage, lineage } = await import('./commands/lineage.ts')
    add('lineage', describeLineage, wordFirst(lineage))
  },
  tokens: async (add) => {
    const { describeTokens, tokens } = await import('./commands/tokens.ts')
    add('tokens', describeTokens, wordFirst(tokens))
  },
  sessions: async (add) => {
    const { describeSessions, sessions } = await import('./commands/sessions.ts')
    add('sessions', describeSessions, wordFirst(sessions))
  },
  scopes: async (add) => {
    const { describeScopes, scopes } = await import('./commands/scopes.ts')
    add('scopes', describeScopes, wordFirst(scopes))
  },
  export: async (add) => {
    const { describeExport, exportFile } = await import('./commands/export.ts')
    add('export', describeExport, wordFirst(exportFile))
  },
  index: async (_, place) => {
    const add = addingBelow('index', 'what searches look into', place)
    const of = await import('./commands/index.ts')
    add('status', of.describeIndexStatus, of.indexStatus)
    add('rebuild', of.describeIndexRebuild, of.indexRebuild)
  },
  reconcile: async (add) => {
    const { describeReconcile, reconcile } = await import('./commands/reconcile.ts')
    add('reconcile', describeReconcile, reconcile)
  },
  policy: (_, place) =>
    addPolicy(addingBelow('policy', 'who may do what, and how much is recorded', place)),
  replay: async (add) => {
    const { describeReplay, replay } = await import('./commands/replay.ts')
    add('replay', describeReplay, replay)
  },
  rules: async (_, place) => {
    const add = addingBelow('rules', 'what detection looks for', place)
    const { describeRulesTest, rulesTest } = await import('./commands/rules.ts')
    add('test', describeRulesTest, wordFirst(rulesTest))
  },
  detect: async (add) => {
    const { describeDetect, detect } = await import('./commands/detect.ts')
    add('detect', describeDetect, detect)
  },
  findings: (_, place) =>
    addFindings(addingBelow('findings', 'what rules found, and what becomes of it', place)),
  forward: async (add) => {
    const { describeForward, forward } = await import('./commands/forward.ts')
    add('forward', describeForward, forward)
  },
  quarantine: async (add) => {
    const { describeQuarantine, quarantine } = await import('./commands/quarantine.ts')
    add('quarantine', describeQuarantine, quarantine)
  },
  held: async (add) => {
    const { describeHeld, held } = await import('./commands/held.ts')
    add('held', describeHeld, held)
  },
  doctor: async (add) => {
    const { describeDoctor, doctor } = await import('./commands/doctor.ts')
    add('doctor', describeDoctor, doctor)
  },
}

/** Adds the command of this name, or all of them when there is none. */
export async function addCommands(name: string, place: Place): Promise<void> {
  const one = Object.hasOwn(table, name) ? [table[name]!] : Object.values(table)
  for (const addTo of one) await addTo(adding(place.program, place), place)
}

async function addKeys(add: Add): Promise<void> {
  const { describeKeysList, describeKeysNew, keysList, keysNew } =
    await import('./commands/keys.ts')
  const rotating = await import('./commands/keys-rotate.ts')
  const revoking = await import('./commands/keys-revoke.ts')
  const { describeKeysLog, keysLog } = await import('./commands/keys-log.ts')
  const shipping = await import('./commands/keys-ship.ts')
  add('new', describeKeysNew, keysNew)
  add('list', describeKeysList, keysList)
  add('rotate', rotating.describeKeysRotate, wordFirst(rotating.keysRotate))
  add('revoke', revoking.describeKeysRevoke, wordFirst(revoking.keysRevoke))
  add('log', describeKeysLog, keysLog)
  add('export', shipping.describeKeysExport, shipping.keysExport)
  add('import', shipping.describeKeysImport, wordFirst(shipping.keysImport))
}

async function addPolicy(add: Add): Promise<void> {
  const of = await import('./commands/policy.ts')
  add('check', of.describePolicyCheck, (_flags, terminal, file: string) =>
    of.policyCheck(file, terminal),
  )
  add('test', of.describePolicyTest, wordFirst(of.policyTest))
  add('diff', of.describePolicyDiff, (_flags, terminal, ...files: [string, string]) =>
    of.policyDiff(files, terminal),
  )
  add('show', of.describePolicyShow, wordFirst(of.policyShow))
  add('apply', of.describePolicyApply, wordFirst(of.policyApply))
}

async function addFindings(add: Add): Promise<void> {
  const of = await import('./commands/findings.ts')
  add('list', of.describeFindingsList, of.findingsList)
  add('show', of.describeFindingsShow, wordFirst(of.findingsShow))
  add('ack', of.describeFindingsAck, (flags: DecideFlags, terminal, id: string) =>
    of.findingsDecide([id, 'acknowledged'], flags, terminal),
  )
  add('close', of.describeFindingsClose, (flags: DecideFlags, terminal, id: string) => {
    const status = flags.falsePositive === true ? 'false_positive' : 'closed'
    return of.findingsDecide([id, status], flags, terminal)
  })
  add('silence', of.describeFindingsSilence, of.findingsSilence)
}

/** A command whose words come before its options. */
function wordFirst<W, F>(
  run: (word: W, flags: F, terminal: Terminal) => Promise<ExitCode>,
): (flags: F, terminal: Terminal, word: W) => Promise<ExitCode> {
  return (flags, terminal, word) => run(word, flags, terminal)
}

function addingBelow(name: string, summary: string, place: Place): Add {
  return adding(place.program.command(name).summary(summary), place)
}

function adding(parent: Command, { setExit, terminal }: Place): Add {
  return <F, W extends readonly unknown[]>(
    name: string,
    describe: (command: Command) => Command,
    run: (flags: F, terminal: Terminal, ...words: W) => Promise<ExitCode>,
  ) => {
    const command = withCommonOptions(describe(parent.command(name)))
    command.action(async () => {
      setExit(await run(command.opts() as F, terminal, ...(command.processedArgs as unknown as W)))
    })
  }
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
