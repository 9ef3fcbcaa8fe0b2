import { builtInPolicy, type Policy, PolicyError, readPolicy } from '@grantlog/record'
import { readPolicyFile } from './io/policy.ts'
import { messageOf, type Notify } from './notice.ts'
import { sha256 } from './sha256.ts'

/**
 * The policy of the file that GRANTLOG_POLICY names; the built-in one without it, and, loudly, for
 * a file that is not valid: a service is audited under no rules rather than not at all, and each
 * record says so by its `audit.policy.hash`.
 */
export function policyInForce(path: string | undefined, notify: Notify): Policy {
  if (path === undefined || path === '') return builtInPolicy(sha256)
  try {
    return readPolicy(readPolicyFile(path), sha256)
  } catch (error) {
    const fix = error instanceof PolicyError ? `; ${error.fix}` : ''
    notify('POLICY_INVALID', `${messageOf(error)}${fix}`)
    return builtInPolicy(sha256)
  }
}
