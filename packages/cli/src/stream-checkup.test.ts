import { expect, test } from '@jest/globals'
import { forwardedOf, headsOf } from './stream-checkup.ts'

test('what a sink has is a number, or bounds where it took a part of a request', () => {
  const forwarded = { jaeger: 5 }
  expect(forwardedOf({ forwarded, uncertain: { jaeger: 2 } }, 'jaeger')).toBe('5–7')
  expect(forwardedOf({ forwarded, uncertain: { jaeger: 0 } }, 'jaeger')).toBe('5')
  // An older receiver does not say.
  expect(forwardedOf({ forwarded }, 'jaeger')).toBe('5')
  expect(forwardedOf({ forwarded }, 'new')).toBe('0')
})

test.each([
  [['127-0-0-1-4318-0a1b2c3d'], ['127-0-0-1-4318-0a1b2c3d']],
  [
    ['127-0-0-1-4318-0a1b2c3d', '127-0-0-1-9200-4e5f6071'],
    ['…4318', '…9200'],
  ],
  [
    ['127-0-0-1-4318-0a1b2c3d', '127-0-0-1-4318-4e5f6071'],
    ['…0a1b2c3d', '…4e5f6071'],
  ],
  [
    ['a-example-0a1b2c3d', 'opensearch-b-4e5f6071'],
    ['a-example', 'opensearch-b'],
  ],
])('sinks %j are headed %j', (sinks, heads) => expect(headsOf(sinks)).toEqual(heads))
