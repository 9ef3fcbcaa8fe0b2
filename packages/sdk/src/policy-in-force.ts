// The policy in force. The receiver may send another one while the service runs: whoever asks a
// policy asks this, each time. A request that began before a change is recorded as of the policy
// that it began under, or its record would say that it was let in against rules which nobody had
// told. See policy-in-force.test.ts.
import type { Policy } from '@grantlog/record'
import { policiesBeforeMax } from './limits.ts'

export interface PolicyInForce {
  readonly now: Policy
  /** The one in force when something began, by Unix nanoseconds. */
  readonly at: (unixNano: bigint) => Policy
  /** Those of `now`, in the same array always: hooks that were set before a change keep it. */
  readonly roleClaims: Policy['roleClaims']
}

export interface ChangingPolicy extends PolicyInForce {
  readonly change: (policy: Policy) => void
}

interface Before {
  readonly policy: Policy
  /** When the next one came. */
  readonly untilUnixNano: bigint
}

export function createPolicyInForce(first: Policy, nowMs: () => number = Date.now): ChangingPolicy {
  let now = first
  /** The oldest first. */
  const before: Before[] = []
  const roleClaims = [...first.roleClaims]
  return {
    get now() {
      return now
    },
    at: (unixNano) => before.find(({ untilUnixNano }) => unixNano <= untilUnixNano)?.policy ?? now,
    roleClaims,
    change: (policy) => {
      before.push({ policy: now, untilUnixNano: BigInt(nowMs()) * 1_000_000n })
      if (before.length > policiesBeforeMax) before.shift()
      now = policy
      roleClaims.splice(0, roleClaims.length, ...policy.roleClaims)
    },
  }
}
