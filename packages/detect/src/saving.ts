// When what detection knows is written, and what of it. The queue is for readers, and has what was
// sent: by the clock. What detectors know is for restarts alone, and large: by what a restart would
// have to look at again. See saving.test.ts.
import type { Alerts } from './alerts/alerts.ts'
import { QUEUE_INTERVAL_MS, QUEUE_SHARE, STATE_INTERVAL_MS, STATE_SHARE } from './finding-limits.ts'
import type { DetectionPipeline } from './flow.ts'
import type { DetectionStore } from './io/store.ts'

export interface Saving {
  readonly store: DetectionStore
  readonly pipeline: Pick<DetectionPipeline, 'frame' | 'lookedMs' | 'snapshot' | 'view'>
  readonly alerts: Pick<Alerts, 'snapshot'>
  /** Digest of the rules in force. */
  readonly rules: string
  /** What is known is more than is kept. */
  readonly onTooLarge: () => void
  /** ms, of a clock that never goes back. */
  readonly clock?: () => number
}

/** Writes what is due; all of it, when it is the last time. */
export type Save = (isLast: boolean) => Promise<void>

export function createSaver(saving: Saving): Save {
  const { alerts, clock = () => performance.now(), onTooLarge, pipeline, rules, store } = saving
  const queue = { at: clock(), takesMs: 0 }
  const state = { at: clock(), takesMs: 0, lookedMs: 0 }

  function isQueueDue(): boolean {
    return clock() - queue.at >= Math.max(QUEUE_INTERVAL_MS, queue.takesMs / QUEUE_SHARE)
  }

  function isStateDue(): boolean {
    const [sinceMs, lookedMs] = [clock() - state.at, pipeline.lookedMs - state.lookedMs]
    if (sinceMs < STATE_INTERVAL_MS.least || lookedMs === 0) return false
    return lookedMs >= state.takesMs / STATE_SHARE || sinceMs >= STATE_INTERVAL_MS.most
  }

  async function saveQueue(): Promise<void> {
    const began = clock()
    const { frame, view } = pipeline
    const queued = { frame, view: view.snapshot(), alerts: alerts.snapshot() }
    if (!(await store.findings.write(queued))) onTooLarge()
    Object.assign(queue, { at: clock(), takesMs: clock() - began })
  }

  async function saveState(): Promise<void> {
    const began = clock()
    const { lookedMs } = pipeline
    if (!(await store.state.write({ ...pipeline.snapshot(), rules }))) onTooLarge()
    Object.assign(state, { at: clock(), takesMs: clock() - began, lookedMs })
  }

  return async (isLast) => {
    const isState = isLast || isStateDue()
    if (!isState && !isQueueDue()) return
    // First: what a restart reads twice into it changes nothing.
    await saveQueue()
    if (isState) await saveState()
  }
}
