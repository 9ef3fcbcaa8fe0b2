// The flow of a record, step by step. This is the only file that knows more than one step.
//
//   instrument/  a library's hook sees a request end                → ServerFacts
//   describe/    facts become attributes, secrets become hashes     → Description
//   protect/     what the registry does not list is left out        → attributes with salts
//   sign/        number (at the hook), digest, batch signature      → SealedRecord, SignedRecords
//   export/      queue, POST, receipt, checkpoint
import type { Config } from './config.ts'
import { createDeferral } from './deferral.ts'
import { actionOf, describeServer } from './describe/authorization-server.ts'
import type { Description, Occurrence } from './event.ts'
import { createExporter } from './export/exporter.ts'
import { startStopwatch } from './instrument/clock.ts'
import { watchModules } from './instrument/modules.ts'
import { instrumentOidcProvider } from './instrument/oidc-provider/patch.ts'
import { countRequests } from './instrument/requests.ts'
import { heartbeatIntervalMs } from './limits.ts'
import { messageOf, type Notify } from './notice.ts'
import { createHashes } from './protect/hash.ts'
import { createProtector } from './protect/protect.ts'
import { createRandom } from './random.ts'
import { createBatchSigner, runLength } from './sign/batch.ts'
import { sealRecord } from './sign/record.ts'
import { createStamp } from './sign/stamp.ts'
import { openStream, type StreamAction } from './sign/stream.ts'

export interface Pipeline {
  /** Ends the stream with a stop record and sends what waits; resolves when a try failed, too. */
  readonly stop: () => Promise<void>
  /** Takes the hooks out of the libraries and the timers off; what waits stays in memory. */
  readonly disable: () => void
}

/** Starts auditing. Throws SdkError CREDENTIALS_INVALID before any hook is set. */
export function startPipeline(config: Config, notify: Notify): Pipeline {
  const hashes = createHashes(config)
  const requests = countRequests()
  const recorder = createRecorder(config, requests.count, notify)
  const onError = (error: unknown): void => notify('HOOK_FAILED', messageOf(error))
  const oidcProvider = instrumentOidcProvider({
    onEvent: (facts, occurrence) =>
      recorder.emit(actionOf(facts), occurrence, () => describeServer(facts, hashes)),
    onError,
  })
  const unwatch = watchModules([oidcProvider.library], onError)
  recorder.emitOwn('audit.stream.start')
  const beat = (): void => recorder.emitOwn('audit.stream.heartbeat')
  const heart = setInterval(beat, heartbeatIntervalMs).unref()
  return {
    stop: () => {
      recorder.emitOwn('audit.stream.stop')
      return recorder.flush()
    },
    disable: () => {
      clearInterval(heart)
      unwatch()
      oidcProvider.disable()
      requests.stop()
    },
  }
}

interface Recorder {
  /** Numbers what happened now; describes, protects, seals and queues it after the response. */
  readonly emit: (action: string, at: Occurrence, describe: () => Description) => void
  /** A record about the stream itself, with the counts of this moment. */
  readonly emitOwn: (action: StreamAction) => void
  readonly flush: () => Promise<void>
}

function createRecorder(config: Config, httpRequests: () => number, notify: Notify): Recorder {
  const random = createRandom()
  const stream = openStream(random)
  const stamp = createStamp(config, random)
  const protector = createProtector(random)
  const signer = createBatchSigner({ ...config, instance: stream.instance, nowMs: Date.now })
  const exporter = createExporter({
    config,
    sign: (waiting, max) => {
      const length = runLength(waiting, max)
      return length === 0 ? null : signer(waiting.slice(0, length))
    },
    onFork: () => emitOwn('audit.ledger.fork'),
    notify,
  })
  const { defer, drain } = createDeferral((error) => {
    exporter.countDropped()
    notify('RECORD_FAILED', messageOf(error))
  })

  function emit(action: string, occurrence: Occurrence, describe: () => Description): void {
    const sequence = stream.number(action)
    defer(() => {
      const { attributes, ...description } = describe()
      stamp(attributes, sequence)
      const safe = protector.protect(attributes)
      const record = { sequence, ...description, occurrence, attributes: safe }
      exporter.enqueue(sealRecord(record, random))
    })
  }

  function emitOwn(action: StreamAction): void {
    const { startTimeUnixNano, stop } = startStopwatch()
    emit(action, { startTimeUnixNano, endTimeUnixNano: stop(), parent: null }, () => {
      const checkpoint = exporter.checkpoint()
      const facts = { dropped: exporter.dropped(), httpRequests: httpRequests(), checkpoint }
      const attributes = stream.describe(action, facts)
      return { action, failed: action === 'audit.ledger.fork', message: '', attributes }
    })
    // Its counts are those up to its own number: nothing may be numbered in between.
    drain()
  }

  return { emit, emitOwn, flush: () => exporter.flush() }
}
