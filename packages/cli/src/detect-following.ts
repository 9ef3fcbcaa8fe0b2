// `grantlog detect` without --input: rules over the records of a ledger while they come, beside the
// receiver that writes it; with --tenants those of each tenant, too. What is found is handed over,
// and sealed by that receiver. See test/findings.test.ts and test/detect-tenants.test.ts.
import {
  builtInRules,
  createEngine,
  detectorsOf,
  type DetectionEvent,
  type Engine,
  type RunningDetection,
  readRules,
  type RuleText,
  sigmaDetector,
  startDetection,
} from '@grantlog/detect'
import { configuredChannels } from './config/channels.ts'
import { loadConfig } from './config/load.ts'
import type { Config } from './config/schema.ts'
import { dataFolders, rootFolder, tenantsIn, type DataFlags } from './data-folder.ts'
import type { DetectCounts, DetectMessage } from './detect-process.ts'
import { type FollowedTenants, followTenants } from './detect-tenants.ts'
import { CliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { ReceiverEvent } from './log-codes.ts'
import type { Terminal } from './terminal.ts'

export interface FollowFlags extends DataFlags {
  readonly config?: string
  /** Files and folders. */
  readonly rules: readonly string[]
  readonly builtIn: boolean
  /** Each tenant of the data folder, too. */
  readonly tenants?: boolean
}

/** Between two words to the receiver on how it is, ms; none when it is as it was. */
const tellEveryMs = 1_000
/** Between two looks for new tenants, ms. */
const tenantsEveryMs = 2_000
/** Ledgers that are looked at with the usual pause; more of them each wait longer. */
const ledgersAtOnce = 10
/** Groups and events that correlations hold of a tenant: a tenth of those of the main ledger. */
const tenantState = { groupsMax: 10_000, eventsMax: 50_000 }

/**
 * Follows until SIGTERM or SIGINT, or until the process that started it is gone. Errors: USAGE;
 * those of the configuration and of `startDetection`.
 */
export async function followRecords(flags: FollowFlags, terminal: Terminal): Promise<ExitCode> {
  if (flags.tenants === true && flags.tenant !== undefined) {
    throw new CliError('USAGE', '--tenants and --tenant: give one of them')
  }
  const { env } = process
  const { config } = await loadConfig({ file: flags.config, flags: {}, env })
  const tell = teller(terminal)
  const texts = await ruleTexts(flags, config)
  const data: DataFlags = { data: flags.data ?? config.data }
  let ledgers = 1
  const start = async (tenant: string | undefined): Promise<RunningDetection> => {
    const log = (event: ReceiverEvent): void =>
      tell({ log: tenant === undefined ? event : { ...event, tenant } })
    const engine = engineOf(texts, { ...flags, isTenant: tenant !== undefined, log })
    const running = await startDetection({
      folders: dataFolders({ ...data, tenant }),
      engine,
      channels: await configuredChannels(alertsOf(config, tenant), env),
      onEvent: (event) => log(logOf(event)),
      paces: () => Math.ceil(ledgers / ledgersAtOnce),
    })
    log({ code: 'DETECT_READY', level: 'info', rules: engine.rules.length })
    return running
  }
  const main = await start(flags.tenant)
  const tenants = followTenants({
    names: () => (flags.tenants === true ? tenantsIn(rootFolder(data)) : Promise.resolve([])),
    start,
    log: (event) => tell({ log: event }),
  })
  const looks = setInterval(() => {
    ledgers = 1 + tenants.running.size
    void tenants.look()
  }, tenantsEveryMs)
  let told = ''
  const tellStatus = (): void => {
    const status = statusOf(main, tenants)
    const text = JSON.stringify(status)
    if (text === told) return
    told = text
    tell(status)
  }
  // At once, too: until then the receiver says that detection is not there.
  tellStatus()
  const tells = setInterval(tellStatus, tellEveryMs)
  try {
    // One of them may have much to read: nobody waits for it to be told to stop.
    void tenants.look()
    await Promise.race([stopped(), main.ended])
    await Promise.all([main.close(), tenants.close()])
  } finally {
    clearInterval(looks)
    clearInterval(tells)
    // The channel to the receiver would keep this process alive, also one that failed.
    if (process.connected) process.disconnect()
  }
  return EXIT.ok
}

/** A tenant's findings go to its own channels, and to no other. */
function alertsOf({ alerts, tenants }: Config, tenant: string | undefined): Config['alerts'] {
  if (tenant === undefined) return alerts
  return tenants.find(({ name }) => name === tenant)?.alerts ?? { channels: [] }
}

/** Built-in rules and an operator's own. Errors: RULE_UNREADABLE, RULE_TOO_LARGE. */
async function ruleTexts(
  { builtIn, rules }: Pick<FollowFlags, 'builtIn' | 'rules'>,
  { detect }: Config,
): Promise<RuleText[]> {
  const shipped = builtIn ? [await readRules(builtInRules, 'built-in')] : []
  const paths = new Set([...(detect.rules === undefined ? [] : [detect.rules]), ...rules])
  const own = await Promise.all(Array.from(paths, (path) => readRules(path)))
  return [...shipped, ...own].flat()
}

interface EngineParts {
  readonly builtIn: boolean
  readonly isTenant: boolean
  readonly log: (event: ReceiverEvent) => void
}

/** What is wrong with some rules stops no other; it is told for the main ledger alone. */
function engineOf(texts: readonly RuleText[], { builtIn, isTenant, log }: EngineParts): Engine {
  const sigma = sigmaDetector(texts, isTenant ? tenantState : {})
  for (const { code, file, line, what } of isTenant ? [] : sigma.faults) {
    const at = { file, line, cause: code, detail: what }
    log({ code: 'RULE_NOT_IN_FORCE', level: 'error', ...at })
  }
  return createEngine({
    detectors: detectorsOf(sigma, { builtIn }),
    onError: (detector, error) => {
      const { name } = error as Error
      log({ code: 'DETECTOR_THROWS', level: 'error', detector, error: name })
    },
  })
}

/** To the receiver that started it; else to whoever looks. */
function teller(terminal: Terminal): (message: DetectMessage) => void {
  if (process.send !== undefined) return (message) => void process.send?.(message)
  return ({ log }) => {
    if (log === undefined) return
    const { code, level: _, ...details } = log
    const shown = Object.entries(details).map(([name, value]) => `${name}=${value}`)
    terminal.out(terminal.json ? JSON.stringify({ code, ...details }) : [code, ...shown].join(' '))
  }
}

function logOf(event: DetectionEvent): ReceiverEvent {
  switch (event.what) {
    case 'channel-fails': {
      const { channel, reason } = event
      return { code: 'ALERT_CHANNEL_FAILS', level: 'error', channel, reason }
    }
    case 'alert-refused': {
      const { channel, reason } = event
      return { code: 'ALERT_REFUSED', level: 'error', channel, reason }
    }
    case 'unreadable':
      return { code: 'DETECT_UNREADABLE', level: 'error', index: event.index }
    case 'snapshot-too-large':
      return { code: 'DETECT_NOT_KEPT', level: 'error' }
  }
}

function statusOf(main: RunningDetection, { running }: FollowedTenants): DetectMessage {
  const each = Array.from(running, ([name, one]) => [name, countsOf(one)] as const)
  return { status: countsOf(main), tenants: Object.fromEntries(each) }
}

function countsOf({ status }: RunningDetection): DetectCounts {
  const { behind, channels, engine, findings, rules, unreadable } = status
  const { detections, dropped, events, evicted, held, late } = engine
  const errors = [...engine.errors.values(), ...engine.thrown.values()]
  const counts = { behind, rules, findings, unreadable, events, detections, dropped, held, evicted }
  return { ...counts, late, errors: errors.reduce((sum, one) => sum + one, 0), channels }
}

function stopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const)
    process.once(event, () => resolve())
  return promise
}
