// What a channel is: what it is told, and how that becomes a request. Channels are pure;
// io/deliver.ts sends. See channels.test.ts.
import type { FindingLevel } from '@grantlog/ledger'
import type { FindingState } from '../finding-state.ts'

/** Why something is told: it was found, found again, or somebody decided. */
export type NoticeKind = 'found' | 'again' | 'status'

/** A finding as it is when it is sent, the newest of what happened, and its leaf. */
export interface Notice {
  readonly finding: FindingState
  readonly kind: NoticeKind
  readonly index: number
}

export interface Delivery {
  /** Of HTTP. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** In PEM. */
export interface Certificates {
  /** Those that are believed; default: the system's. */
  readonly ca?: string
  /** Its own, and the key of that. */
  readonly cert?: string
  readonly key?: string
}

export interface Channel {
  /** As configured; it is in metrics and in the log. */
  readonly name: string
  readonly type: 'alertmanager' | 'webhook' | 'security-events' | 'syslog'
  /** `http(s)` is a POST, `tls` and `tcp` are syslog. */
  readonly url: string
  /** Of syslog. */
  readonly tls?: Certificates
  /** Findings that are less bad are not sent. */
  readonly level: FindingLevel
  readonly kinds: readonly NoticeKind[]
  /** Notices of one request. */
  readonly noticesMax: number
  /**
   * The request that tells of them; null: it is about nothing that this channel tells. The same
   * notices have the same ids in it, so that who gets them twice can tell.
   */
  request(notices: readonly Notice[], now: number): Promise<Delivery | null>
}

/** What came of a request. */
export type Outcome =
  | { readonly outcome: 'taken' }
  /** It will not be taken later either: the answer is about the data. */
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'later'; readonly reason: string; readonly waitMs: number }

/** The page of a finding; undefined when nobody said where the console is. */
export function pageOf(
  consoleUrl: string | undefined,
  { id }: Pick<FindingState, 'id'>,
): string | undefined {
  if (consoleUrl === undefined) return undefined
  return `${consoleUrl.replace(/\/$/, '')}/findings/${id}`
}

/** Where its records are in the API, with what proves them (FORMAT.md 4). */
export function recordsOf(
  consoleUrl: string | undefined,
  { records }: Pick<FindingState, 'records'>,
): { id: string; index: number | null; url?: string; proof?: string }[] {
  const base = consoleUrl?.replace(/\/$/, '')
  return records.map(({ id, index }) => {
    if (base === undefined || index === null) return { id, index }
    const proof = `${base}/api/v1/records/${index}/bundle`
    return { id, index, url: `${base}/records/${index}`, proof }
  })
}
