// Which part of a request is whose. Groups go to the tenant that has enrolled the key that their
// scope claims; nothing is verified here, and a claim that is a lie is refused there. See
// tenants.test.ts.
import { type AuditGroup, partOfRequest, type TraceRequest } from '@grantlog/record/otlp'
import type { SignatureBudget } from '../flow.ts'
import type { Pace } from '../turns.ts'

/** What one tenant gets of a request. */
export interface Portion extends Pick<TraceRequest, 'groups' | 'passThrough' | 'passThroughSpans'> {
  /** Bytes of it. */
  readonly bytes: number
  /** True when nothing of the request is another tenant's. */
  readonly isWhole: boolean
  /** The request without what is another's, for the quarantine. */
  readonly body: () => Uint8Array
  /** What all portions of the request share. */
  readonly budget: SignatureBudget
  /** An edge sent it, and keeps what is signed of a refusal. */
  readonly isOfEdge: boolean
  readonly pace: Pace
}

/** All of a request, for the one tenant that has something in it. */
export function wholeRequest(
  body: Uint8Array,
  { groups, passThrough, passThroughSpans }: TraceRequest,
  shared: Pick<Portion, 'budget' | 'isOfEdge' | 'pace'>,
): Portion {
  const { budget, isOfEdge, pace } = shared
  const whole = { bytes: body.length, isWhole: true, body: () => body }
  return { ...whole, groups, passThrough, passThroughSpans, budget, isOfEdge, pace }
}

export interface DivideOptions<T> {
  readonly body: Uint8Array
  readonly request: TraceRequest
  readonly shared: Pick<Portion, 'budget' | 'isOfEdge' | 'pace'>
  readonly tenantOf: (group: AuditGroup) => T
  /** Gets what passes through. */
  readonly main: T
}

/** A portion for each tenant that has something in the request; for `main` if nobody has. */
export function divide<T>(options: DivideOptions<T>): Map<T, Portion> {
  const { body, main, request, shared, tenantOf } = options
  const byTenant = Map.groupBy(request.groups, tenantOf)
  if (request.passThrough !== null && !byTenant.has(main)) byTenant.set(main, [])
  if (byTenant.size <= 1) {
    const [only = main] = byTenant.keys()
    return new Map([[only, wholeRequest(body, request, shared)]])
  }
  const portions = new Map<T, Portion>()
  for (const [tenant, groups] of byTenant) {
    const isMain = tenant === main
    const passThrough = isMain ? request.passThrough : null
    portions.set(tenant, {
      groups,
      passThrough,
      passThroughSpans: isMain ? request.passThroughSpans : 0,
      bytes: bytesOf(groups) + (passThrough?.length ?? 0),
      isWhole: false,
      body: () => partOfRequest(body, groups),
      ...shared,
    })
  }
  return portions
}

function bytesOf(groups: readonly AuditGroup[]): number {
  let bytes = 0
  for (const { messages, scope } of groups) {
    bytes += (scope.jws?.length ?? 0) + (scope.digests?.length ?? 0)
    for (const message of messages) bytes += message.length
  }
  return bytes
}
