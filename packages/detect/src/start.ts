// Detection beside a ledger that another process writes: looks again and again, hands over what
// is found, sends alerts, and keeps where it is. What fails ends it: whoever started it starts it
// again, from the last snapshot. See start.test.ts.
import { setImmediate } from 'node:timers/promises'
import {
  type Folders,
  handOver,
  type LedgerReader,
  openReader,
  sha256,
  waitingHandovers,
} from '@grantlog/ledger'
import { base64url, jcsBytes } from '@grantlog/record'
import { type Alerts, createAlerts, type ChannelStatus, type Failing } from './alerts/alerts.ts'
import type { Channel } from './alerts/channel.ts'
import { failingFinding } from './alerts/failing.ts'
import type { Engine, EngineHealth } from './engine.ts'
import { LOOK_INTERVAL_MS, MAX_ALERT_AGE_MS, QUIET_LOOK_MS } from './finding-limits.ts'
import { findingLeaves } from './finding-leaves.ts'
import { createFindingsView, type FindingsView } from './findings/view.ts'
import type { DetectionParts, DetectionPipeline } from './flow.ts'
import { deliver } from './io/deliver.ts'
import {
  type DetectionStore,
  detectionStore,
  type KeptFindings,
  type KeptState,
} from './io/store.ts'
import { createDetection } from './pipeline.ts'
import { createSaver, type Save } from './saving.ts'

/** What happens while it runs, besides findings. */
export type DetectionEvent =
  | { readonly what: 'channel-fails'; readonly channel: string; readonly reason: string }
  | { readonly what: 'alert-refused'; readonly channel: string; readonly reason: string }
  /** A record, or what the receiver said, could not be read. */
  | { readonly what: 'unreadable'; readonly index: number }
  /** What it knows is more than is kept: a restart begins with less. */
  | { readonly what: 'snapshot-too-large' }

export interface DetectionStatus {
  /** Commits that are not looked at yet. */
  readonly behind: number
  readonly rules: number
  readonly findings: number
  readonly unreadable: number
  readonly engine: EngineHealth
  readonly channels: readonly ChannelStatus[]
}

export interface StartDetectionOptions {
  readonly folders: Folders
  readonly engine: Engine
  /** Where alerts go; made when the ledger is open. */
  readonly channels: (reader: LedgerReader) => readonly Channel[]
  readonly onEvent: (event: DetectionEvent) => void
  /** Unix ms. */
  readonly now?: () => number
  /** How many usual pauses there are between two looks: more where many ledgers share a process. */
  readonly paces?: () => number
}

export interface RunningDetection {
  readonly status: DetectionStatus
  /** Resolves when it is closed; rejects with what ended it otherwise. */
  readonly ended: Promise<void>
  /** Keeps where it is, and ends. */
  close(): Promise<void>
}

/** Commits after which others have their turn. */
const turnCommits = 4

/** Errors: those of `openReader`; LEDGER_NOT_FOUND for a ledger that no such receiver opened. */
export async function startDetection(options: StartDetectionOptions): Promise<RunningDetection> {
  const reader = await openReader(options.folders)
  try {
    return await start(reader, options)
  } catch (error) {
    await reader.close()
    throw error
  }
}

async function start(
  reader: LedgerReader,
  options: StartDetectionOptions,
): Promise<RunningDetection> {
  const { engine, folders, now = Date.now, onEvent, paces = () => 1 } = options
  const store = detectionStore(folders, reader)
  const rules = rulesDigest(engine)
  const view = createFindingsView()
  const kept = await readKept(store, { rules, next: reader.journal.next })
  const counted = { unreadable: 0 }
  const ending = new AbortController()
  const { signal } = ending
  const alerts = createAlerts({
    channels: options.channels(reader),
    deliver: (channel, delivery) => deliver(channel, delivery, { signal }),
    ...{ signal, now, get: (id) => view.get(id) },
    isSilenced: (finding) => view.silenceOf(finding, now()) !== undefined,
    onRefused: (channel, reason) => onEvent({ what: 'alert-refused', channel, reason }),
  })
  const onLeaf: DetectionParts['onLeaf'] = (finding, { content, index }) => {
    if (content.kind === 'silence') return
    const isOld = content.kind === 'status' && now() - content.madeAt > MAX_ALERT_AGE_MS
    if (!isOld) alerts.take(finding, content.kind, index)
  }
  await fill({ alerts, onLeaf, reader, view }, kept.findings)
  const from = { reader, detector: engine, now }
  const pipeline = await createDetection(
    {
      ...from,
      handOver: (handed) => handOver(folders, handed),
      waiting: () => waitingHandovers(folders, 'finding'),
      onLeaf,
      onUnreadable: (index) => {
        if (counted.unreadable++ === 0) onEvent({ what: 'unreadable', index })
      },
    },
    kept.state,
    view,
  )
  const onTooLarge = (): void => onEvent({ what: 'snapshot-too-large' })
  const save = createSaver({ store, pipeline, alerts, rules, onTooLarge })
  let closing: Promise<void> | null = null
  const closeAll = async (): Promise<void> => {
    await loop.close()
    await reader.close()
  }
  const tellFailing = (failing: Failing): Promise<void> => {
    const { channel, reason } = failing
    onEvent({ what: 'channel-fails', channel, reason })
    const content = failingFinding(failing, now())
    return pipeline.handOver({ id: content.id, content })
  }
  const loop = runLoop({ reader, pipeline, alerts, tellFailing, save, ending, paces })
  return {
    get status() {
      const { rules: named } = engine
      const detected = { engine: engine.health(), channels: alerts.status }
      const { behind } = pipeline
      return { behind, rules: named.length, findings: view.size, ...counted, ...detected }
    },
    ended: loop.ended,
    close: () => (closing ??= closeAll()),
  }
}

interface Kept {
  readonly state: KeptState | null
  readonly findings: KeptFindings | null
}

/**
 * Of other rules only the place stays; of a ledger that was restored since, nothing. A queue of a
 * version that did not keep what is to be sent is none.
 */
async function readKept(
  store: DetectionStore,
  { next, rules }: { readonly next: number; readonly rules: string },
): Promise<Kept> {
  const state = (await store.state.read()) as unknown as KeptState | null
  const findings = (await store.findings.read()) as unknown as KeptFindings | null
  if (state === null || state.frame > next) return { state: null, findings: null }
  const isOf = findings !== null && findings.frame <= next && 'alerts' in findings
  const known = state.rules === rules ? state : { ...state, detector: null }
  return { state: known, findings: isOf ? findings : null }
}

interface Queue {
  readonly alerts: Alerts
  readonly onLeaf: DetectionParts['onLeaf']
  readonly reader: LedgerReader
  readonly view: FindingsView
}

/** As it was kept, and the leaves since; of one that is lost, all of them. */
async function fill(queue: Queue, kept: KeptFindings | null): Promise<void> {
  const { alerts, onLeaf, reader, view } = queue
  if (kept !== null) {
    alerts.restore(kept.alerts)
    view.restore(kept.view)
  }
  const from = Math.max(kept?.frame ?? 0, reader.journal.first)
  for await (const leaf of findingLeaves(reader, from)) {
    const finding = view.take(leaf.index, leaf.content)
    // What was sent for it is known by the leaf's number.
    if (finding !== undefined) onLeaf(finding, leaf)
  }
}

/** What is in force: rules by id, each as it stands. */
function rulesDigest({ rules }: Pick<Engine, 'rules'>): string {
  const all = rules.map(({ hash, id }) => `${id} ${hash}`).toSorted()
  return base64url(sha256(jcsBytes(all)))
}

function runLoop({
  alerts,
  ending,
  paces,
  pipeline,
  reader,
  save,
  tellFailing,
}: {
  readonly reader: LedgerReader
  readonly pipeline: DetectionPipeline
  readonly alerts: Alerts
  /** Resolves when it is durable. */
  readonly tellFailing: (failing: Failing) => Promise<void>
  readonly save: Save
  readonly paces: () => number
  /** Ends looking, and sending. */
  readonly ending: AbortController
}): { readonly ended: Promise<void>; readonly close: () => Promise<void> } {
  const { signal } = ending
  let sending: Promise<void> | null = null
  let commits = 0
  const rest = reader.rests(signal)
  const onFrame = async (): Promise<void> => {
    signal.throwIfAborted()
    if (++commits % turnCommits === 0) await setImmediate()
    await save(false)
  }
  async function run(): Promise<void> {
    while (!signal.aborted) {
      await reader.journal.refresh()
      const looked = await pipeline.look(onFrame)
      // Nothing that is found waits for a channel.
      sending ??= alerts.send().finally(() => (sending = null))
      for (const failing of alerts.failing) {
        await tellFailing(failing)
        alerts.told(failing)
      }
      await save(false)
      const waits = alerts.status.some(({ waiting }) => waiting > 0)
      const everyMs = LOOK_INTERVAL_MS * paces()
      const quietMs = QUIET_LOOK_MS * paces()
      await rest(looked > 0 || pipeline.behind > 0 || waits, { everyMs, quietMs })
    }
  }
  const ended = run().catch((error: unknown) => {
    if (error !== signal.reason) throw error
  })
  return {
    ended,
    close: async () => {
      ending.abort()
      const isSound = await ended.then(
        () => true,
        () => false,
      )
      // Before the last snapshot: what was sent is not sent again.
      await sending
      // After a failure what it knows may be half of a commit: the last snapshot holds.
      if (isSound) await save(true)
    },
  }
}
