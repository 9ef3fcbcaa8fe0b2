// What waits to be sent, by channel. Of one finding a channel has one notice: what happens to it
// while the channel is away is told at once, as it is then. A channel that fails waits longer each
// time and holds up no other; at last it is itself a finding, once, whatever restarts meanwhile.
// See alerts.test.ts.
import type { JsonValue } from '@grantlog/record'
import { levels } from '../detection.ts'
import {
  FAILURES_TOLD,
  MAX_ALERT_AGE_MS,
  MAX_DELIVERIES_PER_MINUTE,
  MAX_WAITING_ALERTS,
  RETRY_MS,
} from '../finding-limits.ts'
import type { FindingState } from '../finding-state.ts'
import type { Channel, Delivery, Notice, NoticeKind, Outcome } from './channel.ts'

/** A channel that takes nothing, since when, and why the last time. */
export interface Failing {
  readonly channel: string
  readonly since: number
  readonly failures: number
  readonly reason: string
}

export interface ChannelStatus {
  readonly name: string
  readonly type: Channel['type']
  readonly waiting: number
  readonly sent: number
  readonly refused: number
  readonly dropped: number
  readonly failures: number
}

export interface AlertsOptions {
  readonly channels: readonly Channel[]
  readonly deliver: (channel: Channel, delivery: Delivery) => Promise<Outcome>
  /** Ends what is being sent: what is not taken by then stays. */
  readonly signal?: AbortSignal
  /** The finding as it is now. */
  readonly get: (id: string) => FindingState | undefined
  readonly isSilenced: (finding: FindingState) => boolean
  /** What was refused for good. */
  readonly onRefused: (channel: string, reason: string) => void
  readonly now: () => number
}

export interface Alerts {
  readonly status: readonly ChannelStatus[]
  /** Channels that go on failing, of which nobody knows yet. */
  readonly failing: readonly Failing[]
  /** It is known, durably: not told again until the channel has taken something. */
  told(failing: Failing): void
  /** Something happened to a finding, in order of the log; what was taken before is not again. */
  take(finding: FindingState, kind: NoticeKind, index: number): void
  /** Sends what is due, each channel by itself; resolves when none has more that is. */
  send(): Promise<void>
  snapshot(): JsonValue
  /** Channels that are not there any more are forgotten. */
  restore(snapshot: JsonValue): void
}

interface Waiting {
  readonly kind: NoticeKind
  readonly index: number
}

interface Queue {
  waiting: Map<string, Waiting>
  sent: number
  refused: number
  dropped: number
  failures: number
  failingSince: number
  /** Why, the last time. */
  reason: string
  isTold: boolean
  /** Not before, Unix ms. */
  nextAt: number
  /** When the last deliveries were made. */
  made: number[]
}

interface Kept {
  /** Leaves before it were taken. */
  readonly next: number
  readonly queues: Record<
    string,
    Omit<Queue, 'made' | 'nextAt' | 'waiting'> & { readonly waiting: readonly [string, Waiting][] }
  >
}

export function createAlerts(options: AlertsOptions): Alerts {
  const { channels, isSilenced, now } = options
  const queues = new Map(channels.map((channel) => [channel, newQueue()]))
  let next = 0

  function take(finding: FindingState, kind: NoticeKind, index: number): void {
    if (index < next) return
    next = index + 1
    const isOld = now() - finding.lastAt > MAX_ALERT_AGE_MS && kind !== 'status'
    if (isOld || (kind !== 'status' && isSilenced(finding))) return
    for (const [channel, queue] of queues) {
      if (!channel.kinds.includes(kind) || !isBadEnough(channel, finding)) continue
      const before = queue.waiting.get(finding.id)
      // That it was found is told first, whatever happened since.
      const told = before?.kind === 'found' ? 'found' : kind
      queue.waiting.set(finding.id, { kind: told, index })
      if (queue.waiting.size <= MAX_WAITING_ALERTS) continue
      queue.waiting.delete(queue.waiting.keys().next().value!)
      queue.dropped++
    }
  }

  return {
    get status() {
      return Array.from(queues, ([{ name, type }, { waiting, ...counts }]) => {
        const { dropped, failures, refused, sent } = counts
        return { name, type, waiting: waiting.size, sent, refused, dropped, failures }
      })
    },
    get failing() {
      return Array.from(queues).flatMap(([{ name: channel }, queue]): Failing[] => {
        const { failingSince: since, failures, isTold, reason } = queue
        return failures < FAILURES_TOLD || isTold ? [] : [{ channel, since, failures, reason }]
      })
    },
    told({ channel, since }) {
      for (const [{ name }, queue] of queues) {
        if (name === channel && queue.failingSince === since) queue.isTold = true
      }
    },
    take,
    async send() {
      await Promise.all(Array.from(queues, ([channel, queue]) => sendTo(channel, queue, options)))
    },
    snapshot: () => {
      const kept = Array.from(queues, ([{ name }, queue]) => {
        const { made: _made, nextAt: _nextAt, waiting, ...rest } = queue
        return [name, { ...rest, waiting: [...waiting] }] as const
      })
      return { next, queues: Object.fromEntries(kept) } as unknown as JsonValue
    },
    restore(snapshot) {
      const all = snapshot as unknown as Kept
      next = all.next
      for (const [{ name }, queue] of queues) {
        const kept = all.queues[name]
        if (kept === undefined) continue
        Object.assign(queue, { ...kept, waiting: new Map(kept.waiting) })
      }
    },
  }
}

/** As long as something is due: the oldest first, so many at once as the channel takes. */
async function sendTo(channel: Channel, queue: Queue, options: AlertsOptions): Promise<void> {
  const { deliver, get, now, signal } = options
  const isOver = (): boolean => signal?.aborted === true
  while (queue.waiting.size > 0 && !isOver() && isDue(queue, now())) {
    const some = [...queue.waiting].slice(0, channel.noticesMax)
    const notices = some.flatMap(([id, one]): Notice[] => {
      const finding = get(id)
      return finding === undefined ? [] : [{ finding, ...one }]
    })
    const delivery = await requestOf(channel, notices, now())
    if (delivery === 'failed') {
      isDealtWith(
        { outcome: 'refused', reason: 'it could not be made' },
        { channel, queue, options },
      )
    } else if (delivery !== null) {
      queue.made.push(now())
      const outcome = await deliver(channel, delivery)
      if (outcome.outcome === 'later' && isOver()) return
      if (!isDealtWith(outcome, { channel, queue, options })) return
    }
    // What came meanwhile has another leaf, and is sent after this.
    for (const [id, one] of some) if (queue.waiting.get(id) === one) queue.waiting.delete(id)
  }
}

/** A clock that was ahead, and is put back, makes no channel wait longer than the longest pause. */
function isDue(queue: Queue, now: number): boolean {
  if (now < queue.nextAt && queue.nextAt - now <= RETRY_MS.most) return false
  queue.made = queue.made.filter((at) => at > now - 60_000 && at <= now)
  return queue.made.length < MAX_DELIVERIES_PER_MINUTE
}

/** One that throws, as for a record that cannot be read any more, stops nothing else. */
async function requestOf(
  channel: Channel,
  notices: readonly Notice[],
  now: number,
): Promise<Delivery | 'failed' | null> {
  try {
    return notices.length === 0 ? null : await channel.request(notices, now)
  } catch {
    return 'failed'
  }
}

interface Sent {
  readonly channel: Channel
  readonly queue: Queue
  readonly options: AlertsOptions
}

/** Else it stays, and the channel waits. */
function isDealtWith(outcome: Outcome, { channel, options, queue }: Sent): boolean {
  const { now, onRefused } = options
  if (outcome.outcome === 'later') {
    queue.failures++
    if (queue.failures === 1) queue.failingSince = now()
    const pause = Math.min(RETRY_MS.first * 2 ** (queue.failures - 1), RETRY_MS.most)
    queue.nextAt = now() + Math.max(pause, Math.min(outcome.waitMs, RETRY_MS.most))
    queue.reason = outcome.reason
    return false
  }
  Object.assign(queue, { failures: 0, isTold: false })
  if (outcome.outcome === 'taken') queue.sent++
  else {
    queue.refused++
    onRefused(channel.name, outcome.reason)
  }
  return true
}

function newQueue(): Queue {
  const counts = { sent: 0, refused: 0, dropped: 0, failures: 0, failingSince: 0, nextAt: 0 }
  return { waiting: new Map(), ...counts, reason: '', isTold: false, made: [] }
}

function isBadEnough({ level }: Channel, { rule }: FindingState): boolean {
  return levels.indexOf(rule.level) >= levels.indexOf(level)
}
