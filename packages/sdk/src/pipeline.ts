// The flow of a record, step by step. Here the steps are put together; recorder.ts runs them.
//
//   instrument/  hooks see an action end                             → Facts
//   describe/    facts become attributes, secrets become hashes     → Description
//   protect/     what the registry does not list is left out        → attributes with salts
//   sign/        number (at the hook), digest, batch signature      → SealedRecord, SignedRecords
//   export/      queue, POST, receipt, checkpoint
import type { Config } from './config.ts'
import { createExporter, type Exporter } from './export/exporter.ts'
import { startInstruments } from './instrument/instruments.ts'
import { countRunningNow } from './instrument/running.ts'
import { countRequests, type RequestCounter } from './instrument/requests.ts'
import { createUnhookedNotice } from './instrument/unhooked.ts'
import { heartbeatIntervalMs, settleTimeoutMs } from './limits.ts'
import { createMeasured } from './measured.ts'
import { kindOf, type Notify } from './notice.ts'
import { createOwnMetrics, type OwnMetrics } from './metrics/metrics.ts'
import { createProtector } from './protect/protect.ts'
import { createRandom } from './random.ts'
import { createRecorder, FactsTicket, type Recorder } from './recorder.ts'
import { createBatchSigner, runLength } from './sign/batch.ts'
import { sealRecord } from './sign/record.ts'
import { createSlabs } from './sign/slabs.ts'
import { createStamp } from './sign/stamp.ts'
import { openStream } from './sign/stream.ts'

export interface Pipeline {
  /**
   * Ends the stream with a stop record, unless requests still run after a second, and sends what
   * waits; resolves when a try failed, too.
   */
  readonly stop: () => Promise<void>
  /** The end of the process, synchronously: a stop record, too, and what waits goes to the disk. */
  readonly end: () => void
  /** Takes the hooks out of the libraries and the timers off, and ends as above. */
  readonly disable: () => void
}

/** Starts auditing. Throws SdkError CREDENTIALS_INVALID before any hook is set. */
export function startPipeline(config: Config, notify: Notify): Pipeline {
  const { describe, measures } = createMeasured(config)
  const { recorder, exporter, metrics } = assemble(config, () => requests.count(), notify)
  const onError = (error: unknown): void => notify('HOOK_FAILED', kindOf(error))
  const instruments = startInstruments({
    number: (action, role, guarantee) =>
      new FactsTicket(recorder.number(action, role), (facts, at) => describe(facts, guarantee, at)),
    roleClaims: config.policy.roleClaims,
    ...{ config, notify, onError, measures, roles: config.roles },
  })
  const requests: RequestCounter = countRequests()
  recorder.emitOwn('audit.stream.start')
  const tellIfUnhooked = createUnhookedNotice(requests.count, instruments.isHooked, notify)
  const heart = setInterval(() => {
    recorder.emitOwn('audit.stream.heartbeat')
    tellIfUnhooked()
  }, heartbeatIntervalMs).unref()
  const sendAll = (): Promise<void> => {
    recorder.drain()
    return exporter.flush()
  }
  const end = (): void => {
    if (countRunningNow() === 0) recorder.emitOwn('audit.stream.stop')
    recorder.drain()
    exporter.close()
  }
  return {
    stop: async () => {
      clearInterval(heart)
      tellIfUnhooked()
      const left = await instruments.settle(settleTimeoutMs)
      await instruments.endHeld(sendAll)
      if (left === 0) recorder.emitOwn('audit.stream.stop')
      else notify('STOP_WITHHELD', `${left} requests`)
      await sendAll()
    },
    end,
    disable: () => {
      clearInterval(heart)
      instruments.disable()
      requests.stop()
      end()
      metrics.stop()
    },
  }
}

function assemble(
  config: Config,
  httpRequests: () => number,
  notify: Notify,
): { recorder: Recorder; exporter: Exporter; metrics: OwnMetrics } {
  const random = createRandom()
  const stream = openStream(random)
  const signer = createBatchSigner({ ...config, instance: stream.instance, nowMs: Date.now })
  const slabs = createSlabs()
  const exporter = createExporter({
    config,
    instance: stream.instance,
    sign: (waiting, max) => {
      const length = runLength(waiting, max)
      return length === 0 ? null : signer(waiting.slice(0, length))
    },
    release: (records) => records.forEach(({ span }) => slabs.giveBack(span)),
    onFork: () => recorder.emitOwn('audit.ledger.fork'),
    onAnswered: (seconds, outcome) => metrics.exported(seconds, outcome),
    notify,
  })
  const metrics = createOwnMetrics(() => exporter.counts())
  const recorder = createRecorder({
    stream,
    stamp: createStamp(config, random),
    protect: createProtector(random, (name) => notify('ATTRIBUTE_HELD_BACK', name)),
    seal: (record) => sealRecord(record, random, slabs.keep),
    exporter,
    httpRequests,
    roles: config.roles,
    notify,
  })
  return { recorder, exporter, metrics }
}
