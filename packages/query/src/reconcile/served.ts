// What a record says of a request that its service served. See reconcile.test.ts.
import { ATTR, type RecordView } from '@grantlog/record'
import type { SeenRoute } from './routes.ts'

/** OTLP's number of a span that answers a request. */
const serverKind = 2

export interface Served extends SeenRoute {
  readonly service: string
  readonly startMs: number
  readonly endMs: number
  readonly status: number | null
}

/** Null for what is no answer to a request, such as a call to somebody else. */
export function servedOf({ attributes, kind, ...view }: RecordView): Served | null {
  const method = attributes.get(ATTR.HTTP_REQUEST_METHOD)
  if (kind !== serverKind || typeof method !== 'string') return null
  const route = attributes.get(ATTR.HTTP_ROUTE)
  const template = route ?? attributes.get(ATTR.URL_TEMPLATE)
  if (typeof template !== 'string') return null
  const status = attributes.get(ATTR.HTTP_RESPONSE_STATUS_CODE)
  const outcome = attributes.get(ATTR.AUDIT_OUTCOME)
  const isRefused = outcome === 'failure' || outcome === 'denied'
  return {
    service: String(attributes.get(ATTR.AUDIT_PRODUCER_SERVICE)),
    method,
    template,
    isRoute: route !== undefined,
    isEndpoint: attributes.get(ATTR.OAUTH_ROLE) === 'authorization_server',
    isServed: !isRefused && typeof status === 'bigint' && status < 400n,
    startMs: Number(view.startTimeUnixNano / 1_000_000n),
    endMs: Number(view.endTimeUnixNano / 1_000_000n),
    status: typeof status === 'bigint' ? Number(status) : null,
  }
}
