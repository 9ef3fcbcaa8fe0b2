import { expect, test } from '@jest/globals'
import { forwardedOf } from './stream-checkup.ts'

test('what a sink has is a number, or bounds where it took a part of a request', () => {
  const forwarded = { jaeger: 5 }
  expect(forwardedOf({ forwarded, uncertain: { jaeger: 2 } }, 'jaeger')).toBe('5–7')
  expect(forwardedOf({ forwarded, uncertain: { jaeger: 0 } }, 'jaeger')).toBe('5')
  // An older receiver does not say.
  expect(forwardedOf({ forwarded }, 'jaeger')).toBe('5')
  expect(forwardedOf({ forwarded }, 'new')).toBe('0')
})
