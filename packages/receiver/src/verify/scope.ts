// Is a record within what its key was enrolled for (FORMAT.md, 3.4)? See scope.test.ts.
import { ATTR, type AttributeValue, type BatchStatement } from '@grantlog/record'

/** The part of an enrolment that limits what its key may sign. Times in Unix milliseconds. */
export interface KeyScope {
  readonly audience: string
  readonly issuers: readonly string[]
  readonly roles: readonly string[]
  readonly services: readonly string[]
  readonly validFrom: number
  readonly validUntil: number
}

/** Audience and time, which the batch says for all its records. */
export function batchInScope({ aud, iat }: BatchStatement, scope: KeyScope): boolean {
  const signedAt = iat * 1000
  if (aud !== scope.audience || signedAt < scope.validFrom) return false
  return scope.validUntil === 0 || signedAt <= scope.validUntil
}

/** Service, role and issuer, which each record says for itself. */
export function recordInScope(
  attributes: ReadonlyMap<string, AttributeValue>,
  scope: KeyScope,
): boolean {
  const service = attributes.get(ATTR.AUDIT_PRODUCER_SERVICE)
  const role = attributes.get(ATTR.OAUTH_ROLE)
  const issuer = attributes.get(ATTR.OAUTH_ISSUER)
  if (!isIn(service, scope.services)) return false
  if (role !== undefined && !isIn(role, scope.roles)) return false
  return issuer === undefined || scope.issuers.length === 0 || isIn(issuer, scope.issuers)
}

function isIn(value: AttributeValue | undefined, list: readonly string[]): boolean {
  return typeof value === 'string' && list.includes(value)
}
