// Detection beside a receiver: a process of its own at the lowest priority, so that no
// acknowledgement waits for a rule. It is started again when it ends; records are taken meanwhile,
// and looked at then. See test/findings.test.ts.
import type { ChannelStatus } from '@grantlog/detect'
import { detectMetrics } from './detect-metrics.ts'
import { knowingFlag } from './heap.ts'
import { keptProcess } from './kept-process.ts'
import type { ReceiverEvent } from './log-codes.ts'

/** What `grantlog detect` says to the process that started it. */
export interface DetectMessage {
  readonly log?: ReceiverEvent
  readonly status?: DetectCounts
  /** Of tenants, by name. */
  readonly tenants?: Readonly<Record<string, DetectCounts>>
}

export interface DetectCounts {
  readonly behind: number
  readonly rules: number
  readonly findings: number
  readonly unreadable: number
  readonly events: number
  readonly detections: number
  readonly dropped: number
  readonly held: number
  readonly evicted: number
  readonly late: number
  readonly errors: number
  readonly channels: readonly ChannelStatus[]
}

export interface DetectProcess {
  /** Its metrics, in Prometheus' format; that it is not there is one of them. */
  readonly metrics: () => Promise<string>
  start(): void
  stop(): Promise<void>
}

/**
 * MiB of half its young generation: what detectors make of an event dies at once. With the 16 that
 * V8 takes beside a full load the process has 40 MiB more, and takes no less time.
 */
const youngMib = 8

/** One that ran so long begins anew with the first pause. */
const soundMs = 60_000

export function detectProcess({
  args,
  log,
}: {
  /** Arguments of `grantlog detect`. */
  readonly args: readonly string[]
  readonly log: (event: ReceiverEvent) => void
}): DetectProcess {
  let said: Pick<DetectMessage, 'status' | 'tenants'> = {}
  const kept = keptProcess({
    args: ['detect', '--json', ...args],
    execArgv: [`--max-semi-space-size=${youngMib}`, knowingFlag],
    soundMs,
    onMessage: (message) => {
      const { log: event, ...counts } = message as DetectMessage
      if (event !== undefined) log(event)
      else said = counts
    },
    onEnd: (exit, againMs) => {
      said = {}
      if (againMs !== null) log({ code: 'DETECT_ENDED', level: 'warn', exit, againMs })
    },
  })
  return { metrics: () => detectMetrics(said), start: kept.start, stop: kept.stop }
}
