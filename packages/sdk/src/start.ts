// Starts the audit in this process or thread, and ends it with the process.
import { builtInPolicy, hasBlocking } from '@grantlog/record'
import { type SdkCode, SdkError } from './codes.ts'
import { type Config, type Environment, isDisabled, isEnrolling, readConfig } from './config.ts'
import { enrolling, type EnrollingOptions, ownCredentials } from './enrolling.ts'
import { readCredentials } from './io/credentials.ts'
import { writeStderr } from './io/stderr.ts'
import { flushTimeoutMs } from './limits.ts'
import { createNotify, messageOf, type Notify } from './notice.ts'
import { startPipeline } from './pipeline.ts'
import { asksForBlocking, localPolicy } from './policy.ts'
import { createPolicyInForce } from './policy-in-force.ts'
import { policySource } from './policy-source.ts'
import { createRequestLimits } from './request-limits.ts'
import { sha256 } from './sha256.ts'

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
   * otherwise. What is not sent then, or where `process.exit()` comes first, goes to the disk, and
   * the next process sends it.
   */
  readonly stop: () => Promise<void>
  /** Takes all hooks out again; what waits goes to the disk. */
  readonly disable: () => void
}

/** What the entries of this package need of it. */
export interface Started extends Grantlog {
  readonly config: Config
  readonly notify: Notify
  /** Has `flush` run when the audit has ended, too, in what is left of the same two seconds. */
  readonly alongside: (flush: () => Promise<void>) => void
}

const started = Symbol.for('@grantlog/sdk started')

/** See startGrantlog. */
export function start(options: GrantlogOptions = {}): Started {
  const global = globalThis as { [started]?: boolean }
  const env = options.env ?? process.env
  if (isDisabled(env)) throw new SdkError('DISABLED')
  if (global[started]) throw new SdkError('ALREADY_STARTED')
  const notify = createNotify(writeStderr, () => performance.now())
  const { path, settings, text } = settingsOf(options, env)
  const local = localPolicy(env.GRANTLOG_POLICY, notify)
  if (settings.viaCollector && local !== null && hasBlocking(local)) {
    throw new SdkError('BLOCKING_VIA_COLLECTOR')
  }
  const receiver = settings.viaCollector ? null : policySource(settings)
  const kept = local === null ? receiver?.keptPolicy() : null
  const policy = createPolicyInForce(local ?? kept ?? builtInPolicy(sha256))
  const own = enrolling({ settings, path, text, env, notify })
  const requestLimits = createRequestLimits()
  const config: Config = { ...settings, policy, requestLimits, ...(own && { enrolling: own }) }
  const { stop, end: leave, disable } = startPipeline(config, notify)
  global[started] = true
  const unfollow = onceEnrolled(own, () =>
    receiver?.follow({ policy, isLocal: local !== null, notify, onLimits: requestLimits.change }),
  )

  const flushes: (() => Promise<void>)[] = []
  const end = async (): Promise<void> => {
    await own?.settle()
    unfollow()
    await stop()
    await Promise.all(flushes.map((flush) => flush()))
  }
  const stopOnce = once(() => within(end(), flushTimeoutMs))
  // What fails in here must not change how the host's process ends.
  const leaveQuietly = (): void => {
    try {
      leave()
    } catch (error) {
      notify('RECORDS_UNSAVED', messageOf(error))
    }
  }
  const forget = stopAtExit(stopOnce, leaveQuietly)
  return {
    stop: stopOnce,
    disable: () => {
      forget()
      unfollow()
      disable()
      global[started] = false
    },
    config,
    notify,
    alongside: (flush) => void flushes.push(flush),
  }
}

/**
 * For entries that are imported for their effect: says what is wrong, and returns null then. A
 * service whose policy has blocking routes has chosen to fail rather than to go on unaudited: it
 * ends here, unless it was switched off.
 */
export function startOrTell(): Started | null {
  try {
    return start()
  } catch (error) {
    const code = error instanceof SdkError ? error.code : 'START_FAILED'
    const notify = createNotify(writeStderr, () => 0)
    notify(code, messageOf(error))
    if (!isChosen(code) && asksForBlocking(process.env.GRANTLOG_POLICY)) {
      notify('BLOCKING_REFUSED')
      process.exit(1)
    }
    return null
  }
}

function isChosen(code: SdkCode): boolean {
  return code === 'DISABLED' || code === 'ALREADY_STARTED'
}

/**
 * Nothing is left to do: the one moment at which waiting for the last batch delays nobody. But Node
 * says so again after each wait, and an application that listens would hear it twice. Whatever
 * else ends the process comes to `exit`, which waits for nothing.
 */
function stopAtExit(stop: () => Promise<void>, leave: () => void): () => void {
  const onBeforeExit = (): void => {
    process.removeListener('beforeExit', onBeforeExit)
    // Who listens once is not called again.
    if (process.rawListeners('beforeExit').every((one) => 'listener' in one)) void stop()
  }
  process.on('beforeExit', onBeforeExit)
  process.on('exit', leave)
  return () => {
    process.removeListener('beforeExit', onBeforeExit)
    process.removeListener('exit', leave)
  }
}

type Origin = Pick<EnrollingOptions, 'path' | 'settings' | 'text'>

function settingsOf({ credentials }: GrantlogOptions, env: Environment): Origin {
  const path = credentials ?? env.GRANTLOG_CREDENTIALS
  if (path === undefined || path === '') throw new SdkError('CREDENTIALS_MISSING')
  const text = isEnrolling(env) ? ownCredentials(path, env) : readCredentials(path)
  return { path, text, settings: readConfig(text, env) }
}

/** The receiver answers enrolled keys only. Gives what ends both, whenever it is called. */
function onceEnrolled(
  own: ReturnType<typeof enrolling>,
  follow: () => (() => void) | undefined,
): () => void {
  let unfollow = own === undefined ? follow() : undefined
  let isEnded = false
  void own?.enrolled.then(() => {
    if (!isEnded) unfollow = follow()
  })
  return () => {
    isEnded = true
    own?.stop()
    unfollow?.()
  }
}

function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => (running ??= run())
}

/** Resolves with `work` or after `ms`. The timer holds the process: sockets of ours do not. */
function within(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    // What fails at the end has told so itself, and the host's process ends as it would.
    void Promise.allSettled([work]).then(() => {
      clearTimeout(timer)
      resolve()
      return undefined
    })
  })
}
