/**
 * The producer's side of Grantlog: audit spans of OAuth flows out of a running Node service, signed
 * where they happen and sent until the receiver has given its receipt (FORMAT.md parts 1 and 2).
 * Usually started by `node --import @grantlog/sdk/register`. See test/harmless.test.ts: the service
 * answers the same with it, without it, and when it breaks.
 *
 * @module
 */
import { type Grantlog, type GrantlogOptions, start } from './start.ts'

export { SDK_CODES, type SdkCode, SdkError } from './codes.ts'
export { auditRows } from './instrument/rows.ts'
export type { Grantlog, GrantlogOptions } from './start.ts'

/**
 * Starts auditing this process or worker thread. Start it before the instrumented libraries are
 * imported. Throws SdkError: DISABLED, CREDENTIALS_MISSING, CREDENTIALS_UNREADABLE,
 * CREDENTIALS_INVALID, ENDPOINT_INVALID, BLOCKING_VIA_COLLECTOR, BLOCKING_TIMEOUT_INVALID,
 * ALREADY_STARTED, or POLICY_INVALID for a policy that asks for blocking routes.
 */
export function startGrantlog(options: GrantlogOptions = {}): Grantlog {
  const { stop, disable } = start(options)
  return { stop, disable }
}
