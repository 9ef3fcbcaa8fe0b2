// Batches on their way: one request, what its answer means for each of them, and what it tells
// besides: the view of the log, how long it took, and how far the receiver's clock is away.
import type { ExportOutcome } from '../counts.ts'
import { headerOf, judge, type Judge, type Verdict } from './answer.ts'
import type { CheckpointKeeper } from './checkpoint.ts'
import type { HttpClient } from './io/http.ts'
import type { Outgoing } from './outgoing.ts'

export interface DeliveryOptions {
  readonly client: Pick<HttpClient, 'post'>
  readonly by: Judge
  readonly keeper: CheckpointKeeper
  /** A request to the receiver ended, after so many seconds. */
  readonly onAnswered: (seconds: number, outcome: ExportOutcome) => void
}

export interface Delivery {
  /** A batch was signed just now. */
  readonly signed: (batch: Outgoing) => void
  /** See SenderOptions. */
  readonly deliver: (batches: readonly Outgoing[]) => Promise<readonly Verdict[]>
  /** How far the receiver's clock is ahead; null before the first receipt. */
  readonly skewMs: () => number | null
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { by, keeper, onAnswered } = options
  /** How large the log was, as we knew it, before a batch was sent first. */
  const sizeBefore = new WeakMap<Outgoing, number>()
  /** Not sent yet: the receipt of another one may be of an earlier time. */
  const unsent = new WeakSet<Outgoing>()
  let skewMs: number | null = null

  async function deliver(batches: readonly Outgoing[]): Promise<readonly Verdict[]> {
    const sizes = batches.map((batch) => sizeBefore.get(batch) ?? 0)
    const areNew = batches.map((batch) => unsent.delete(batch))
    const verdicts = await timed(() => send(batches, Math.min(...sizes), options), onAnswered)
    for (const [at, verdict] of verdicts.entries()) {
      if (verdict.kind !== 'done' || !verdict.receivedAt || !areNew[at]) continue
      skewMs = verdict.receivedAt - by.nowMs()
    }
    return verdicts
  }

  return {
    signed: (batch) => {
      sizeBefore.set(batch, keeper.size())
      unsent.add(batch)
    },
    deliver,
    skewMs: () => skewMs,
  }
}

async function send(
  batches: readonly Outgoing[],
  sizeBefore: number,
  { client, by, keeper }: DeliveryOptions,
): Promise<Verdict[]> {
  const bodies = batches.map(({ body }) => body)
  // Requests one behind the other are one request: protobuf merges repeated fields.
  const body = bodies.length === 1 ? (bodies[0] as Uint8Array) : Buffer.concat(bodies)
  const answer = await client.post('/v1/traces', body, 'application/x-protobuf')
  const verdicts = batches.map((batch) => judge(answer, batch, by))
  const indexes = verdicts.flatMap((one) => (one.kind === 'done' ? (one.lastIndex ?? []) : []))
  for (const lastIndex of indexes) keeper.observeReceipt(lastIndex, sizeBefore)
  // Only an answer that was proven to be the receiver's is asked for its view of the log.
  const checkpoint = indexes.length > 0 ? headerOf(answer, 'grantlog-checkpoint') : ''
  if (checkpoint !== '') void keeper.observe(checkpoint)
  return verdicts
}

/** Tells how long it took, and how it ended: as the batch that is worst off. */
async function timed(
  work: () => Promise<Verdict[]>,
  onAnswered: DeliveryOptions['onAnswered'],
): Promise<Verdict[]> {
  const begun = performance.now()
  let outcome: ExportOutcome = 'again'
  try {
    const verdicts = await work()
    const kinds = new Set(verdicts.map(({ kind }) => kind))
    outcome = kinds.has('again') ? 'again' : kinds.has('refused') ? 'refused' : 'done'
    return verdicts
  } finally {
    onAnswered((performance.now() - begun) / 1_000, outcome)
  }
}
