/**
 * The producer's side of Grantlog: audit spans of OAuth flows out of a running Node service, signed
 * where they happen and sent until the receiver has given its receipt (FORMAT.md parts 1 and 2).
 * Usually started by `node --import @grantlog/sdk/register`. See test/harmless.test.ts: the service
 * answers the same with it, without it, and when it breaks.
 *
 * @module
 */
import { SdkError } from './codes.ts'
import { type Environment, isDisabled, readConfig, type Settings } from './config.ts'
import { readCredentials } from './io/credentials.ts'
import { writeStderr } from './io/stderr.ts'
import { flushTimeoutMs } from './limits.ts'
import { createNotify } from './notice.ts'
import { startPipeline } from './pipeline.ts'
import { policyInForce } from './policy.ts'

export { SDK_CODES, type SdkCode, SdkError } from './codes.ts'

export interface GrantlogOptions {
  /** Path of the credentials file; GRANTLOG_CREDENTIALS otherwise. */
  readonly credentials?: string
  /** Instead of `process.env`. */
  readonly env?: Environment
}

/** The running SDK. */
export interface Grantlog {
  /**
   * Says that the stream ends and sends what waits, for at most two seconds. Called by itself when
   * the process has nothing left to do and nobody else listens to `beforeExit`; call it yourself
   * otherwise, and before `process.exit()`.
   */
  readonly stop: () => Promise<void>
  /** Takes all hooks out again. */
  readonly disable: () => void
}

const started = Symbol.for('@grantlog/sdk started')

/**
 * Starts auditing this process or worker thread. Start it before the instrumented libraries are
 * imported. Throws SdkError: DISABLED, CREDENTIALS_MISSING, CREDENTIALS_UNREADABLE,
 * CREDENTIALS_INVALID, ENDPOINT_INVALID or ALREADY_STARTED.
 */
export function startGrantlog(options: GrantlogOptions = {}): Grantlog {
  const global = globalThis as { [started]?: boolean }
  const env = options.env ?? process.env
  if (isDisabled(env)) throw new SdkError('DISABLED')
  if (global[started]) throw new SdkError('ALREADY_STARTED')
  const notify = createNotify(writeStderr, () => performance.now())
  const settings = settingsOf(options, env)
  const config = { ...settings, policy: policyInForce(env.GRANTLOG_POLICY, notify) }
  const { stop, unsent, disable } = startPipeline(config, notify)
  global[started] = true

  // These records are lost with the process: worth telling after a single failed try.
  const tellUnsent = (): void => {
    if (unsent() > 0) notify('RECORDS_UNSENT', `${unsent()} records`)
  }
  const stopOnce = once(() => within(stop(), flushTimeoutMs).then(tellUnsent))
  // Nothing is left to do: the one moment at which waiting for the last batch delays nobody. But
  // Node says so again after each wait, and an application that listens would hear it twice.
  const onBeforeExit = (): void => {
    process.removeListener('beforeExit', onBeforeExit)
    if (process.listenerCount('beforeExit') === 0) void stopOnce()
    else tellUnsent()
  }
  process.on('beforeExit', onBeforeExit)
  return {
    stop: stopOnce,
    disable: () => {
      process.removeListener('beforeExit', onBeforeExit)
      disable()
      global[started] = false
    },
  }
}

function settingsOf({ credentials }: GrantlogOptions, env: Environment): Settings {
  const path = credentials ?? env.GRANTLOG_CREDENTIALS
  if (path === undefined || path === '') throw new SdkError('CREDENTIALS_MISSING')
  return readConfig(readCredentials(path), env)
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= run())
}

/** Resolves with `work` or after `ms`. The timer holds the process: sockets of ours do not. */
function within(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    void work.finally(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
