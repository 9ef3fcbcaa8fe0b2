// The flow of a record, step by step. This is the only file that knows more than one step.
//
//   instrument/  a library's hook sees a request end                → ServerFacts
//   describe/    facts become attributes, secrets become hashes     → Description
//   protect/     what the registry does not list is left out        → attributes with salts
//   sign/        number (at the hook), digest, batch signature      → SealedRecord, SignedRecords
//   export/      queue, POST, receipt, checkpoint
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Config } from './config.ts'
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
  // Timers set while a request runs would keep that request's async context alive.
  const detached = AsyncLocalStorage.snapshot()
  const random = createRandom()
  const stream = openStream(random)
  const hashes = createHashes(config)
  const protector = createProtector(random)
  const signer = createBatchSigner({ ...config, instance: stream.instance, nowMs: Date.now })
  const stamp = createStamp(config, random)
  const exporter = createExporter({
    config,
    sign: (waiting, max) => {
      const length = runLength(waiting, max)
      return length === 0 ? null : signer(waiting.slice(0, length))
    },
    onFork: () => emitOwn('audit.ledger.fork'),
    notify,
  })
  const requests = countRequests()
  let waiting: (() => void)[] = []

  /** Numbers what happened now; describes and seals it after the response. */
  function emit(action: string, occurrence: Occurrence, describe: () => Description): void {
    const sequence = stream.number(action)
    if (waiting.length === 0) detached(setImmediate, drain)
    waiting.push(() => {
      const { attributes, ...description } = describe()
      stamp(attributes, sequence)
      const safe = protector.protect(attributes)
      const record = { sequence, ...description, occurrence, attributes: safe }
      exporter.enqueue(sealRecord(record, random))
    })
  }

  function emitOwn(action: StreamAction): void {
    const { startTimeUnixNano, stop } = startStopwatch()
    const occurrence = { startTimeUnixNano, endTimeUnixNano: stop(), parent: null }
    emit(action, occurrence, () => {
      const httpRequests = requests.count()
      const facts = { dropped: exporter.dropped(), httpRequests, checkpoint: exporter.checkpoint() }
      const attributes = stream.describe(action, facts)
      return { action, failed: action === 'audit.ledger.fork', message: '', attributes }
    })
  }

  function drain(): void {
    const batch = waiting
    waiting = []
    for (const make of batch) {
      try {
        make()
      } catch (error) {
        exporter.countDropped()
        notify('RECORD_FAILED', messageOf(error))
      }
    }
  }

  const onError = (error: unknown): void => notify('HOOK_FAILED', messageOf(error))
  const oidcProvider = instrumentOidcProvider({
    onEvent: (facts, occurrence) =>
      emit(actionOf(facts), occurrence, () => describeServer(facts, hashes)),
    onError,
  })
  const unwatch = watchModules([oidcProvider.library], onError)
  emitOwn('audit.stream.start')
  const heart = setInterval(() => emitOwn('audit.stream.heartbeat'), heartbeatIntervalMs).unref()

  const disable = (): void => {
    clearInterval(heart)
    unwatch()
    oidcProvider.disable()
    requests.stop()
  }
  const stop = (): Promise<void> => {
    emitOwn('audit.stream.stop')
    drain()
    return detached(() => exporter.flush())
  }
  return { stop, disable }
}
