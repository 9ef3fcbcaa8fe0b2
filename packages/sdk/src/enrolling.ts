// A service that enrols itself (GRANTLOG_ENROL): the credentials it makes, and the way by which
// their key gets into the log. Nothing of the service waits for it; see enrol/enrol.ts.
import { sign } from 'node:crypto'
import { type Environment, isEnrolling, type Settings } from './config.ts'
import { SdkError } from './codes.ts'
import {
  enrolledCredentials,
  hashKeysIn,
  isOfKey,
  newOwnKey,
  pendingCredentials,
  pendingKeyIn,
} from './enrol/own-credentials.ts'
import { type Enrolling, keepEnrolled } from './enrol/enrol.ts'
import { readOrMake, replace } from './enrol/io/file.ts'
import { backoffMs, refusalBackoffMs, retryAfterMs } from './export/backoff.ts'
import { receiverAccess, receiverClient } from './export/receiver-client.ts'
import { readCredentials } from './io/credentials.ts'
import { credentialsBytesMax } from './limits.ts'
import { messageOf, type Notify } from './notice.ts'

const scope = 'audit:enrol'

/**
 * Text of the credentials file, which is made when it is not there. One that waits for its
 * enrolment follows the environment: only its key lasts. Throws SdkError ENROL_INVALID,
 * CREDENTIALS_UNWRITABLE, CREDENTIALS_INVALID.
 */
export function ownCredentials(path: string, env: Environment): string {
  const hashKeys = hashKeysOf(env.GRANTLOG_HASH_KEYS)
  const text = readOrMakeAt(path, () => pendingCredentials(env, newOwnKey(), hashKeys))
  if (text.length > credentialsBytesMax) {
    throw new SdkError('CREDENTIALS_INVALID', `more than ${credentialsBytesMax} bytes`)
  }
  const key = pendingKeyIn(text)
  return key === null ? text : pendingCredentials(env, key, hashKeys)
}

function hashKeysOf(path: string | undefined): ReturnType<typeof hashKeysIn> {
  return path === undefined || path === '' ? {} : hashKeysIn(readCredentials(path))
}

function readOrMakeAt(path: string, make: () => string): string {
  try {
    return readOrMake(path, make)
  } catch (error) {
    if (error instanceof SdkError) throw error
    throw new SdkError('CREDENTIALS_UNWRITABLE', messageOf(error))
  }
}

export interface EnrollingOptions {
  readonly settings: Settings
  /** Where `text` is kept. */
  readonly path: string
  readonly text: string
  readonly env: Environment
  readonly notify: Notify
}

/** Undefined for a key that an operator enrolled. Throws SdkError ENROL_INVALID. */
export function enrolling(options: EnrollingOptions): Enrolling | undefined {
  const { env, notify, path, settings } = options
  const { access, audience, enrolment, kid, privateKey, service, viaCollector } = settings
  if (enrolment === undefined || !isEnrolling(env)) return undefined
  if (viaCollector) throw new SdkError('ENROL_INVALID', 'GRANTLOG_VIA_COLLECTOR is set')
  const { tokenFile, tokenRequest } = access
  if (tokenFile === null && tokenRequest === null) {
    throw new SdkError('ENROL_INVALID', 'GRANTLOG_TOKEN_FILE or GRANTLOG_TOKEN_URL')
  }
  const { x } = privateKey.export({ format: 'jwk' })
  const origin = originOf(settings.logKey)
  const shown = { ...access, tokenRequest: tokenRequest && { ...tokenRequest, scope } }
  const client = receiverClient({ access: shown, endpoint: settings.endpoint })
  const roles = settings.roles ?? []
  const running = keepEnrolled({
    wanted: { origin, kid, x: x ?? '', service, roles, audience },
    sign: (signingInput) => sign(null, signingInput, privateKey),
    authorization: receiverAccess(shown).authorization,
    post: (to, body, authorization) => client.post(to, body, 'application/json', authorization),
    nowMs: Date.now,
    validUntil: enrolment.validUntil,
    onEnrolled: (validUntil) => {
      try {
        const now = enrolledCredentials(options.text, validUntil)
        const isDone = replace(path, now, (there) => isOfKey(there, kid))
        if (!isDone) notify('CREDENTIALS_UNWRITABLE', 'another file is there now, or none')
      } catch (error) {
        // The key is there already: the next process asks once more.
        notify('CREDENTIALS_UNWRITABLE', messageOf(error))
      }
    },
    waitMs: (outcome, failures) => {
      if (outcome.kind === 'refused') return refusalBackoffMs(failures, Math.random())
      const least = retryAfterMs(outcome.retryAfter, Date.now()) ?? 0
      return Math.max(least, backoffMs(failures, Math.random()))
    },
    notify,
  })
  const stop = (): void => {
    running.stop()
    client.close()
  }
  return { ...running, stop }
}

/** Its name; whether the key is well formed the exporter says. */
function originOf(logKey: string): string {
  return logKey.split('+', 1)[0] ?? ''
}
