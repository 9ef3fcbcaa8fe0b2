// Detection beside a receiver: a process of its own at the lowest priority, so that no
// acknowledgement waits for a rule. It is started again when it ends; records are taken meanwhile,
// and looked at then. See test/findings.test.ts.
import type { ChannelStatus } from '@grantlog/detect'
import { detectMetrics } from './detect-metrics.ts'
import { keptProcess } from './kept-process.ts'
import type { ReceiverEvent } from './log-codes.ts'

/** What `grantlog detect` says to the process that started it. */
export interface DetectMessage {
  readonly log?: ReceiverEvent
  readonly status?: DetectCounts
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
  readonly errors: number
  readonly channels: readonly ChannelStatus[]
}

export interface DetectProcess {
  /** Its metrics, in Prometheus' format; that it is not there is one of them. */
  readonly metrics: () => Promise<string>
  start(): void
  stop(): Promise<void>
}

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
  let counts: DetectCounts | undefined
  const kept = keptProcess({
    args: ['detect', '--json', ...args],
    soundMs,
    onMessage: (message) => {
      const { log: event, status } = message as DetectMessage
      if (event !== undefined) log(event)
      if (status !== undefined) counts = status
    },
    onEnd: (exit, againMs) => {
      counts = undefined
      if (againMs !== null) log({ code: 'DETECT_ENDED', level: 'warn', exit, againMs })
    },
  })
  return { metrics: () => detectMetrics(counts), start: kept.start, stop: kept.stop }
}
