import type { Range } from './waits.ts'

/** A signed batch as it is sent and spooled: made once, the same bytes for as often as it takes. */
export interface Outgoing extends Range {
  /** The instance of its stream. */
  readonly instance: string
  /** b64u of its Merkle root, by which receipts name it. */
  readonly root: string
  /** The OTLP request that carries it. */
  readonly body: Uint8Array
}

/** Where the sender takes batches from, the oldest first. */
export interface Source {
  /** The oldest batch, again and again until it is done or refused; null: nothing waits. */
  readonly peek: () => Promise<Outgoing | null>
  /** Those in memory behind the one that `peek` gave, in order: they may go with it. */
  readonly behind: () => readonly Outgoing[]
  /** It has its receipts, or is lost for good with `refused` of its records. */
  readonly done: (batch: Outgoing, refused: number) => void
  /** The receiver refused it: out of the way of those behind it. */
  readonly refuse: (batch: Outgoing, reason: string) => void
}
