// `grantlog receiver`: opens the ledger and serves it until it is told to stop. See
// test/receiver.test.ts.
import { access } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import {
  ballastBytes,
  type DiskState,
  type Folders,
  type Ledger,
  openLedger,
} from '@grantlog/ledger'
import {
  createMetrics,
  type Metrics,
  type Receiver,
  ReceiverError,
  type SinkOptions,
  startReceiver,
} from '@grantlog/receiver'
import { type AccessOptions, accessOf, reloadAtHangup } from '../access.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { configuredSinks } from '../config/sinks.ts'
import { type ConsoleProcess, consoleProcess } from '../console-process.ts'
import { type DetectProcess, detectProcess } from '../detect-process.ts'
import { enrolledFile, enrolledMalformed } from '../credentials.ts'
import { addRootOption, type DataFlags, dataFolder, dataFolders } from '../data-folder.ts'
import { CliError, formatProblem, problemOf } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { announceLedger, ensureLedger, publishExportKey, sharedKeys } from '../first-start.ts'
import { SINK_FLAGS, type SinkFlags, sinksOf } from '../forward.ts'
import { growHeapFreely } from '../heap.ts'
import type { ReceiverEvent } from '../log-codes.ts'
import { collect, durationOf, portOf, portOrOff, urlOf } from '../options.ts'
import { isPortTaken, portOwner } from '../port-owner.ts'
import { printable } from '../printable.ts'
import { type Reconciled, reconciledOf, reconciledText } from '../reconcile-process.ts'
import { type Schedule, startSchedule } from '../reconcile-schedule.ts'
import { diskEvent, openTenants, type ServedTenants } from '../served-tenants.ts'
import type { Terminal } from '../terminal.ts'
import { timedDisk } from '../timed-disk.ts'
import { version } from '../version.ts'

/** As given; what is left out comes from the configuration. */
export interface ReceiverFlags extends DataFlags, SinkFlags {
  readonly config?: string
}

export function describeReceiver(command: Command): Command {
  return addReceiverOptions(command).summary('receive OTLP, verify, commit, seal, forward')
}

/** No option but --personal-data has a default here: those are in the sections of config/. */
export function addReceiverOptions(command: Command): Command {
  const { elasticsearch, opensearch, otlp } = SINK_FLAGS
  return addRootOption(command)
    .option('--config <file>', 'grantlog.yaml (GRANTLOG_CONFIG); flags and variables go before it')
    .option('--host <address>', 'where OTLP comes in (default: 127.0.0.1)')
    .option('--port <port>', 'OTLP/HTTP (default: 4318)', portOf)
    .option(
      '--grpc-port <port>',
      'OTLP/gRPC on 127.0.0.1, or off (default: 4317, with --port 0 any)',
      portOrOff,
    )
    .option('--tls-cert <file>', 'certificate of the OTLP port with its chain, PEM')
    .option('--tls-key <file>', 'its key')
    .option('--client-ca <file>', 'authorities whose client certificates may send')
    .option('--admin-port <port>', 'tiles and status on 127.0.0.1 (default: 4319)', portOf)
    .option(
      '--forward <url>',
      `OTLP/HTTP endpoint to send on to; may be repeated (headers: ${otlp.headersVariable})`,
      collect,
      [],
    )
    .option(
      '--opensearch <url>',
      `OpenSearch to write records to; may be repeated (headers: ${opensearch.headersVariable})`,
      collect,
      [],
    )
    .option(
      '--elasticsearch <url>',
      `the same for Elasticsearch (headers: ${elasticsearch.headersVariable})`,
      collect,
      [],
    )
    .addOption(
      new Option('--personal-data <what>', 'what sinks get of personal slots')
        .choices(['pseudonymised', 'full'])
        .default('pseudonymised'),
    )
    .option('--policy <file>', 'the policy, YAML or JSON (default: keys/policy.yaml)')
    .option(
      '--reconcile <service=paths>',
      'compare its records with its access logs (paths by commas), and seal it; may be repeated',
      (text: string, before: readonly Reconciled[]) => [...before, reconciledOf(text)],
      [],
    )
    .option('--reconcile-every <time>', 'how often (default: 1h)', durationText)
    .option('--reconcile-policy <file>', 'the policy whose routes are due')
    .option('--reconcile-tail <time>', 'what is younger is left for the next time', durationText)
    .option('--no-console', 'no page on the admin port, and no index (GRANTLOG_CONSOLE=off)')
    .option('--no-detect', 'no rules over what comes (GRANTLOG_DETECT=off)')
    .option('--rules <dir>', 'Sigma rules besides those that are built in')
    .option('--trace-url <url>', 'where the page leads to for a trace, with {traceId} in it')
    .option('--metrics-otlp <url>', 'where to push metrics, the whole URL, with /v1/metrics', urlOf)
    .option('--origin <name>', "a new log's name (default: localhost/grantlog-<random>)")
}

function durationText(text: string): string {
  durationOf(text)
  return text
}

/** What the receiver is told to be. Errors: CONFIG_…, FORWARD_…. */
async function settingsOf(
  flags: ReceiverFlags,
): Promise<{ readonly config: Config; readonly sinks: readonly SinkOptions[] }> {
  const { env } = process
  const { config } = await loadConfig({ file: flags.config, flags: { ...flags }, env })
  const sinks = [...(await configuredSinks(config.sinks, env)), ...sinksOf(flags, env)]
  return { config, sinks }
}

/** Runs until SIGTERM or SIGINT; a second signal ends it at once. */
export async function receiver(flags: ReceiverFlags, terminal: Terminal): Promise<ExitCode> {
  growHeapFreely()
  const { config, sinks } = await settingsOf(flags)
  const folders = dataFolders(config)
  // Before the ledger: a new one is announced only once, and that must not be in a failed start.
  const access = accessOf(config)
  await requirePorts(config)
  const { created, ...keys } = await ensureLedger(folders, config.origin)
  const log = logTo(terminal)
  if (created && !terminal.json) announceLedger(keys, folders, terminal)
  const { origin, logKey } = keys
  if (created) log({ code: 'LEDGER_CREATED', level: 'info', origin, logKey })

  const stop = stopSignal()
  const onFatal = (error: unknown): never => {
    terminal.err(formatProblem(problemOf(error), terminal.json))
    // Nothing can be made durable any more: what is in memory is with the producers still.
    process.exit(EXIT.failed)
  }
  const onDisk = (state: DiskState, error?: Error): void => log(diskEvent(state, error))
  const { otlp: otlpUrl } = config.metrics
  const metrics = createMetrics({
    version: version(),
    log,
    ...(otlpUrl !== undefined && { otlpUrl }),
  })
  const disk = timedDisk(folders, metrics)
  const { newSubjectsPerMinute } = config
  const options = { onFatal, onDisk, ballastBytes, newSubjectsPerMinute }
  const ledger = await openLedger(folders, options, disk)
  const tenants = await openTenants({ config, log, metrics })
  try {
    sharedKeys(ledger.keystore)
    await publishExportKey(folders, { keystore: ledger.keystore, origin })
    const page = pageOf(config, log)
    const rules = rulesOf(flags, { config, log })
    const from = { access, folders, config, sinks, tenants, metrics, rules }
    const running = await start(ledger, { ...from, log, onFatal, page })
    const { adminPort, grpcPort, otlpPort } = running
    const ports = { otlpPort, grpcPort: grpcPort ?? 'off', adminPort }
    const data = dataFolder(config)
    const leavesRead = ledger.readAtStart
    log({ code: 'READY', level: 'info', ...ports, origin, logKey, data, leavesRead })
    tenants.follow(running)
    page?.start(`http://127.0.0.1:${adminPort}`)
    rules?.start()
    const schedule = scheduleOf(config, log)
    const load = async (): Promise<Config> => (await settingsOf(flags)).config
    const hangup = reloadAtHangup({ receiver: running, load, log })
    const signal = await stop.received
    hangup()
    log({ code: 'STOPPING', level: 'info', signal })
    await page?.stop()
    await rules?.stop()
    await schedule?.stop()
    await tenants.stop()
    await running.close()
  } finally {
    stop.release()
    await metrics.close()
    await tenants.close()
    await ledger.close()
  }
  log({ code: 'STOPPED', level: 'info', origin, size: ledger.size })
  return EXIT.ok
}

function pageOf(config: Config, log: (event: ReceiverEvent) => void): ConsoleProcess | undefined {
  const { enabled, traceUrl } = config.console
  if (!enabled) return undefined
  const { policy, services } = config.reconcile
  const args = ['--data', dataFolder(config)]
  if (traceUrl !== undefined) args.push('--trace-url', traceUrl)
  for (const one of services) args.push('--reconcile', reconciledText(one))
  if (policy !== undefined) args.push('--reconcile-policy', policy)
  return consoleProcess({ args, log })
}

/** It reads the configuration itself, for its secrets; flags go before that. */
function rulesOf(
  { config: file }: ReceiverFlags,
  { config, log }: { readonly config: Config; readonly log: (event: ReceiverEvent) => void },
): DetectProcess | undefined {
  const { enabled, rules } = config.detect
  if (!enabled) return undefined
  const args = ['--data', dataFolder(config), '--tenants']
  if (file !== undefined) args.push('--config', file)
  if (rules !== undefined) args.push('--rules', rules)
  return detectProcess({ args, log })
}

function scheduleOf(config: Config, log: (event: ReceiverEvent) => void): Schedule | undefined {
  const { every: everyMs, policy, services: scheduled, tail } = config.reconcile
  if (scheduled.length === 0) return undefined
  const policyArgs = policy === undefined ? [] : ['--policy', policy]
  const tailArgs = tail === undefined ? [] : ['--tail', `${tail / 1_000}s`]
  const args = [...policyArgs, ...tailArgs]
  return startSchedule({ data: dataFolder(config), scheduled, everyMs, args, log })
}

interface StartOptions {
  readonly access: AccessOptions
  readonly folders: Folders
  readonly config: Config
  readonly sinks: readonly SinkOptions[]
  readonly tenants: ServedTenants
  readonly page: ConsoleProcess | undefined
  readonly rules: DetectProcess | undefined
  readonly metrics: Metrics
  readonly log: (event: ReceiverEvent) => void
  readonly onFatal: (error: unknown) => void
}

async function start(ledger: Ledger, options: StartOptions): Promise<Receiver> {
  const { access, config, page, rules, tenants, ...rest } = options
  const furtherMetrics = async (): Promise<string> =>
    (await Promise.all([page?.metrics() ?? '', rules?.metrics() ?? ''])).join('')
  const answered = { furtherMetrics, ...(page !== undefined && { adminFallback: page.answer }) }
  const port = grpcPortOf(config)
  const grpc = port === 'off' ? null : { ...access.otlp, port }
  const ports = { ...access, grpc, admin: config.admin }
  const { every: everyMs, services } = config.reconcile
  const reconciled = services.map(({ service }) => ({ service, everyMs }))
  try {
    const policyFile = await policyOf(config)
    const told = policyFile === undefined ? {} : { policyFile }
    const from = { ledger, tenants: tenants.first, ...told }
    return await startReceiver({ ...from, ...rest, ...ports, ...answered, reconciled })
  } catch (error) {
    if (!(error instanceof ReceiverError)) throw error
    if (error.code === 'RECEIVER_ENROLMENT_MALFORMED') {
      throw enrolledMalformed(enrolledFile(options.folders), error)
    }
    if (error.code !== 'RECEIVER_PORT_TAKEN') throw error
    const taken = Number(/:([0-9]+)$/.exec(error.message)?.[1])
    const [flag] = portsOf(config).find(([, tried]) => tried === taken) ?? ['--port']
    throw portTaken(taken, flag, error)
  }
}

/** Who takes any free port for one protocol does so for both: nobody is told a fixed one. */
function grpcPortOf({ otlp }: Config): number | 'off' {
  return otlp.grpcPort ?? (otlp.port === 0 ? 0 : 4317)
}

function portsOf(config: Config): [flag: string, port: number][] {
  const grpc = grpcPortOf(config)
  return [
    ['--port', config.otlp.port],
    ['--admin-port', config.admin.port],
    ...(grpc === 'off' ? [] : [['--grpc-port', grpc] as [string, number]]),
  ]
}

/** One that is named must be there. */
async function policyOf({ policy }: Config): Promise<string | undefined> {
  if (policy !== undefined) await access(policy)
  return policy
}

/** Errors: USAGE for one port twice, PORT_TAKEN. */
async function requirePorts(config: Config): Promise<void> {
  const ports = portsOf(config)
  for (const [at, [flag, port]] of ports.entries()) {
    const same = ports.slice(at + 1).find(([, other]) => other === port && port !== 0)
    if (same) throw new CliError('USAGE', `${flag} and ${same[0]} are both ${port}: give two ports`)
  }
  for (const [flag, tried] of ports) if (await isPortTaken(tried)) throw portTaken(tried, flag)
}

function portTaken(port: number, flag: string, cause?: unknown): CliError {
  const owner = portOwner(port)
  const who = owner ? `${printable(owner.name)} (pid ${owner.pid})` : 'the process that listens'
  const fix = `Stop ${who}, or choose another port with ${flag}.`
  return new CliError('PORT_TAKEN', `${port} (${flag})`, { fix, cause })
}

/** The first stop signal; a second one ends the process, in case the drain hangs. */
function stopSignal(): { received: Promise<string>; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>()
  let asked = false
  const onSignal = (signal: string): void => {
    if (asked) process.exit(EXIT.failed)
    asked = true
    resolve(signal)
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, onSignal)
  const release = (): void => signals.forEach((signal) => process.off(signal, onSignal))
  return { received: promise, release }
}

/** Log lines go to stdout, where supervisors collect them: JSON with --json, else for people. */
function logTo({ json, out, paint }: Terminal): (event: ReceiverEvent) => void {
  const colors = { info: paint.green, warn: paint.yellow, error: paint.red }
  return ({ level, code, ...details }) => {
    const time = new Date().toISOString()
    if (json) {
      out(JSON.stringify({ time, level, code, ...details }))
      return
    }
    const shown = Object.entries(details)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${paint.dim(`${name}=`)}${printable(String(value))}`)
    out(`${paint.dim(time)} ${colors[level](level.padEnd(5))} ${code} ${shown.join(' ')}`)
  }
}
