// The policy in force. The receiver may send another one while the service runs: whoever asks a
// policy asks this, each time.
import type { Policy } from '@grantlog/record'

export interface PolicyInForce {
  readonly now: Policy
  /** Those of `now`, in the same array always: hooks that were set before a change keep it. */
  readonly roleClaims: Policy['roleClaims']
}

export interface ChangingPolicy extends PolicyInForce {
  readonly change: (policy: Policy) => void
}

export function createPolicyInForce(first: Policy): ChangingPolicy {
  let now = first
  const roleClaims = [...first.roleClaims]
  return {
    get now() {
      return now
    },
    roleClaims,
    change: (policy) => {
      now = policy
      roleClaims.splice(0, roleClaims.length, ...policy.roleClaims)
    },
  }
}
