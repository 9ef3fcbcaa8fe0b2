// What arrives of stock senders' items at the sink behind a receiver.
import { expect } from '@jest/globals'
import type { ItemsSink, SinkItem } from './items-sink.ts'
import { expectedContent, type Order } from './senders.ts'

/** Waits until as many items of the run are at the sink; each is there once and as it was made. */
export async function allAtSink(
  sink: ItemsSink,
  { count, run, signal }: Pick<Order, 'count' | 'run' | 'signal'>,
): Promise<void> {
  await sink.until(() => sink.itemsOf(signal, run).length >= count)
  const expected = Array.from({ length: count }, (_, i) => expectedContent(signal, i, run))
  const byNumber = sink
    .itemsOf(signal, run)
    .toSorted((a, b) => numberOf(a.attributes) - numberOf(b.attributes))
  const members = Object.keys(expected[0]!)
  const contents = byNumber.map((item) =>
    Object.fromEntries(members.map((member) => [member, withoutZeros(item[member])])),
  )
  expect(contents).toEqual(expected)
}

/** Events have counts of what was dropped, which some SDKs write where it is 0. */
function withoutZeros(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return value.map((one: object) =>
    Object.fromEntries(Object.entries(one).filter(([, member]) => member !== 0)),
  )
}

function numberOf(attributes: SinkItem['attributes']): number {
  return Number(attributes['conformance.item']?.intValue)
}
