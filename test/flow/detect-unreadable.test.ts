// Guarantee: a leaf that nobody can read is passed over by detection and told, and harms none
// behind it.
import { expect, test } from '@jest/globals'
import type { Frame, PlainFrame } from '@grantlog/ledger'
import { plainFrameOf } from '@grantlog/ledger/testing'
import { noDetections } from '../../packages/detect/src/detection.ts'
import { createDetection } from '../../packages/detect/src/pipeline.ts'
import { framesOf, spanOf } from '../../packages/query/test/producer.ts'

const spans = Array.from({ length: 4 }, (_, n) =>
  spanOf({ at: n, action: 'oauth.token', attributes: { 'oauth.client.id': `c${n}` } }, n),
)

test('a leaf that cannot be read is told by its place; the others are looked at', async () => {
  const [enrolment, records] = framesOf(spans, 'configured') as [Frame, Frame]
  const broken = plainFrameOf(records)
  const second = records.entries[1]!
  broken.leaves.write('x', broken.leaves.indexOf(Buffer.from(second.entry)) + 2)
  const frames = [plainFrameOf(enrolment), broken]
  const seen: unknown[] = []
  const unreadable: number[] = []
  const pipeline = await createDetection(
    {
      reader: {
        journal: { first: 0, next: frames.length },
        // eslint-disable-next-line require-yield
        async *plainFrames(from: number): AsyncGenerator<PlainFrame> {
          yield* frames.slice(from)
        },
      } as never,
      detector: {
        takeAll: (events) =>
          events.map(({ attributes }) => {
            seen.push(attributes.get('oauth.client.id'))
            return noDetections
          }),
        snapshot: () => null,
        restore: () => undefined,
      },
      handOver: () => Promise.resolve(),
      waiting: () => Promise.resolve(0),
      onLeaf: () => undefined,
      onUnreadable: (index) => unreadable.push(index),
      now: () => 0,
    },
    null,
  )
  expect(await pipeline.look()).toBe(2)
  expect(seen).toEqual(['c0', 'c2', 'c3'])
  expect(unreadable).toEqual([second.index])
})
