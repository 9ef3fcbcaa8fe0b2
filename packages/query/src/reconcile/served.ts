// What a record says of a request that its service served. See reconcile.test.ts.
import { sha256 } from '@grantlog/ledger'
import { ATTR, base64url, openSlot, type RecordView, utf8 } from '@grantlog/record'
import { isRefused } from '../refused.ts'
import type { SeenRoute } from './routes.ts'

/** OTLP's number of a span that answers a request. */
const serverKind = 2

export interface Served extends SeenRoute {
  readonly startMs: number
  readonly endMs: number
  readonly status: number | null
}

/** Whether a record is an answer to a request, and not, say, a call to somebody else. */
export function isServed({ attributes, kind }: RecordView): boolean {
  return kind === serverKind && attributes.has(ATTR.HTTP_REQUEST_METHOD)
}

/**
 * Where no framework names a route, records have the plain words of a path in a personal slot: a
 * word may be a name. They are compared by this hash, and told to nobody.
 */
export function hashOfWords(template: string): string {
  return base64url(sha256(utf8(template)))
}

/** Null for what is no answer to a request, and for a path that cannot be opened any more. */
export function servedOf(
  view: RecordView,
  openings: () => readonly { readonly opening: Uint8Array }[],
): Served | null {
  const { attributes } = view
  if (!isServed(view)) return null
  const route = attributes.get(ATTR.HTTP_ROUTE)
  const template = typeof route === 'string' ? route : wordsIn(openings())
  if (template === null) return null
  const status = attributes.get(ATTR.HTTP_RESPONSE_STATUS_CODE)
  const outcome = attributes.get(ATTR.AUDIT_OUTCOME)
  return {
    method: String(attributes.get(ATTR.HTTP_REQUEST_METHOD)),
    template,
    isRoute: route !== undefined,
    isEndpoint: attributes.get(ATTR.OAUTH_ROLE) === 'authorization_server',
    isServed: !isRefused(outcome) && typeof status === 'bigint' && status < 400n,
    startMs: Number(view.startTimeUnixNano / 1_000_000n),
    endMs: Number(view.endTimeUnixNano / 1_000_000n),
    status: typeof status === 'bigint' ? Number(status) : null,
  }
}

function wordsIn(openings: readonly { readonly opening: Uint8Array }[]): string | null {
  for (const { opening } of openings) {
    const words = openSlot(opening).fields.get(ATTR.URL_TEMPLATE)
    if (typeof words === 'string') return hashOfWords(words)
  }
  return null
}
