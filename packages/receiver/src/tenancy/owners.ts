// Which tenant a key is enrolled in: in one only, so that what it signed is in one ledger only.
// Claims are made when a list of enrolments is read, before anything of it is in force, and in one
// step: two lists that are read at the same time cannot both have it. See owners.test.ts.
import { ReceiverError } from '../codes.ts'

export interface Owners {
  /** The tenant whose list has the key. */
  ownerOf(kid: string): string | undefined
  keysOf(tenant: string): Set<string>
  /**
   * These are all keys of the tenant's list. Errors: RECEIVER_KEY_ELSEWHERE with the first one that
   * another tenant's list has, or is about to have; then nothing has changed.
   */
  claim(tenant: string, kids: Iterable<string>): void
  /**
   * Keeps a key that a list is about to have for its tenant, until what it gives is called. Null:
   * another tenant has it, or is about to.
   */
  reserve(tenant: string, kid: string): (() => void) | null
  /** The tenant is not served any more. */
  release(tenant: string): void
}

export function createOwners(): Owners {
  const owners = new Map<string, string>()
  const reserved = new Map<string, { readonly tenant: string; times: number }>()

  function release(tenant: string): void {
    for (const [kid, owner] of owners) if (owner === tenant) owners.delete(kid)
  }

  return {
    ownerOf: (kid) => owners.get(kid),
    keysOf(tenant) {
      return new Set([...owners].flatMap(([kid, owner]) => (owner === tenant ? [kid] : [])))
    },
    claim(tenant, kids) {
      const all = [...kids]
      for (const kid of all) {
        const owner = owners.get(kid) ?? reserved.get(kid)?.tenant ?? tenant
        if (owner !== tenant) {
          throw new ReceiverError(
            'RECEIVER_KEY_ELSEWHERE',
            `${kid} is a key of ${owner || 'the main tenant'}`,
          )
        }
      }
      release(tenant)
      for (const kid of all) owners.set(kid, tenant)
    },
    reserve(tenant, kid) {
      if ((owners.get(kid) ?? tenant) !== tenant) return null
      const place = reserved.get(kid) ?? { tenant, times: 0 }
      if (place.tenant !== tenant) return null
      place.times++
      reserved.set(kid, place)
      return () => {
        if (--place.times === 0) reserved.delete(kid)
      }
    },
    release,
  }
}
