import { builtInPolicy, hasBlocking, type Policy, PolicyError, readPolicy } from '@grantlog/record'
import { SdkError } from './codes.ts'
import { readPolicyFile } from './io/policy.ts'
import { messageOf, type Notify } from './notice.ts'
import { sha256 } from './sha256.ts'

/**
 * The policy of the file that GRANTLOG_POLICY names; null without one. The built-in one, loudly,
 * for a file that is not valid: a service is audited under no rules rather than not at all, and
 * each record says so by its `audit.policy.hash`. But one that asks for blocking routes must not
 * lose them to a typing error: then throws SdkError POLICY_INVALID.
 */
export function localPolicy(path: string | undefined, notify: Notify): Policy | null {
  if (path === undefined || path === '') return null
  try {
    return readPolicy(readPolicyFile(path), sha256)
  } catch (error) {
    const fix = error instanceof PolicyError ? `; ${error.fix}` : ''
    const detail = `${messageOf(error)}${fix}`
    if (asksForBlocking(path)) throw new SdkError('POLICY_INVALID', detail)
    notify('POLICY_INVALID', detail)
    return builtInPolicy(sha256)
  }
}

/** Whether the file has blocking routes; of one that is not valid, whether it speaks of them. */
export function asksForBlocking(path: string | undefined): boolean {
  if (path === undefined || path === '') return false
  let text: string
  try {
    text = readPolicyFile(path)
  } catch {
    return false
  }
  try {
    return hasBlocking(readPolicy(text, sha256))
  } catch {
    return text.includes('"blocking"')
  }
}
