// What an adapter has of a service: feeds of events, each in the order of its time.
import type { AttributeValue } from '@grantlog/sdk/produce'

/** An event as the service gave it, and what a record says of it. */
export interface SourceEvent {
  /** Of the service, and of this one alone. */
  readonly id: string
  /** Unix milliseconds, by the service's clock. */
  readonly time: number
  readonly describe: () => EventDescription
  /** Where the service tells them: the exact time, Unix nanoseconds, and the span it was in. */
  readonly moment?: {
    readonly timeUnixNano: bigint
    readonly parent: { readonly traceId: string; readonly spanId: string }
  }
}

export interface EventDescription {
  readonly action: string
  readonly failed: boolean
  readonly message: string
  readonly attributes: Map<string, AttributeValue>
}

export interface Page {
  readonly events: readonly SourceEvent[]
  /** Nothing is behind it. */
  readonly isLast: boolean
}

export interface FeedSettings {
  readonly isOn: boolean
  /** Milliseconds that events are kept; null: for good. */
  readonly keptMs: number | null
  /** Types that matter and that are not kept. */
  readonly typesOff: readonly string[]
}

export interface Feed {
  readonly name: string
  /** Events of `from` and later, ascending, without the first `skip`. Rejects with ObserveError. */
  readonly page: (from: number, skip: number) => Promise<Page>
  readonly settings: () => Promise<FeedSettings>
}

export interface Source {
  /** `audit.observed.by`. */
  readonly adapter: string
  /** `audit.observed.service`. */
  readonly service: string
  /** What it is, by which its state is told from another's: a URL, without secrets. */
  readonly place: string
  readonly issuer: string
  readonly feeds: readonly Feed[]
  /** Of a service that sends its events itself: listens, until `stop`. */
  readonly start?: () => Promise<void>
  readonly stop?: () => Promise<void>
}

/** What a source has of the adapter that it is read by. */
export interface Describing {
  readonly hashOf: (identifier: string) => string | null
  readonly onUnknown: (type: string) => void
  /** Encrypts what lies on the disk, and opens it; null: another key did, or it is damaged. */
  readonly hide: (bytes: Uint8Array) => Uint8Array
  readonly show: (hidden: Uint8Array) => Uint8Array | null
}
