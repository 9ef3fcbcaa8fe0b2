// `grantlog detect` without --input: rules over the records of a ledger while they come, beside the
// receiver that writes it. What is found is handed over, and sealed by that receiver. See
// test/findings.test.ts.
import {
  builtInRules,
  createEngine,
  detectorsOf,
  type DetectionEvent,
  type Engine,
  type RunningDetection,
  readRules,
  sigmaDetector,
  startDetection,
} from '@grantlog/detect'
import { configuredChannels } from './config/channels.ts'
import { loadConfig } from './config/load.ts'
import { type DataFlags, dataFolders } from './data-folder.ts'
import type { DetectMessage } from './detect-process.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import type { ReceiverEvent } from './log-codes.ts'
import type { Terminal } from './terminal.ts'

export interface FollowFlags extends DataFlags {
  readonly config?: string
  /** Files and folders. */
  readonly rules: readonly string[]
  readonly builtIn: boolean
}

/** Between two words to the receiver on how it is, ms. */
const tellEveryMs = 1_000

/** Follows until SIGTERM or SIGINT, or until the process that started it is gone. */
export async function followRecords(flags: FollowFlags, terminal: Terminal): Promise<ExitCode> {
  const { env } = process
  const { config } = await loadConfig({ file: flags.config, flags: {}, env })
  const tell = teller(terminal)
  const { rules: folder } = config.detect
  const paths = [...(folder === undefined ? [] : [folder]), ...flags.rules]
  const engine = await engineOf({ ...flags, rules: [...new Set(paths)] }, tell)
  const running = await startDetection({
    folders: dataFolders({ ...flags, data: flags.data ?? config.data }),
    engine,
    channels: await configuredChannels(config.alerts, env),
    onEvent: (event) => tell({ log: logOf(event) }),
  })
  tell({ log: { code: 'DETECT_READY', level: 'info', rules: engine.rules.length } })
  const timer = setInterval(() => tell({ status: statusOf(running) }), tellEveryMs)
  try {
    await Promise.race([stopped(), running.ended])
    await running.close()
  } finally {
    clearInterval(timer)
    // The channel to the receiver would keep this process alive, also one that failed.
    if (process.connected) process.disconnect()
  }
  return EXIT.ok
}

/** Built-in rules and an operator's own. What is wrong with some of them stops no other. */
async function engineOf(
  { builtIn, rules }: Pick<FollowFlags, 'builtIn' | 'rules'>,
  tell: (message: DetectMessage) => void,
): Promise<Engine> {
  const shipped = builtIn ? [await readRules(builtInRules, 'built-in')] : []
  const own = await Promise.all(rules.map((path) => readRules(path)))
  const sigma = sigmaDetector([...shipped, ...own].flat())
  for (const { code, file, line, what } of sigma.faults) {
    const at = { file, line, cause: code, detail: what }
    tell({ log: { code: 'RULE_NOT_IN_FORCE', level: 'error', ...at } })
  }
  return createEngine({
    detectors: detectorsOf(sigma, { builtIn }),
    onError: (detector, error) => {
      const { name } = error as Error
      tell({ log: { code: 'DETECTOR_THROWS', level: 'error', detector, error: name } })
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

function statusOf({ status }: RunningDetection): NonNullable<DetectMessage['status']> {
  const { behind, channels, engine, findings, rules, unreadable } = status
  const { detections, dropped, events, evicted, held } = engine
  const errors = [...engine.errors.values(), ...engine.thrown.values()]
  const counts = { behind, rules, findings, unreadable, events, detections, dropped, held, evicted }
  return { ...counts, errors: errors.reduce((sum, one) => sum + one, 0), channels }
}

function stopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const)
    process.once(event, () => resolve())
  return promise
}
