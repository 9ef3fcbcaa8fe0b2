import { expect, test } from '@jest/globals'
import { placeOf } from './place.ts'

test('says where, and nothing that was sent', () => {
  const sent = 's3cret-token\n    at s3cret-line'
  const thrown = (() => {
    try {
      return JSON.parse(`{"a": ${sent}`) as never
    } catch (error) {
      return error as Error
    }
  })()
  expect(thrown.message).toContain('s3cret')
  expect(placeOf(thrown)).toMatch(/^SyntaxError at /)
  expect(placeOf(new Error(sent))).toContain('place.test.ts')
  for (const error of [thrown, new Error(sent), new TypeError(sent), sent, { sent }]) {
    expect(placeOf(error)).not.toContain('s3cret')
  }
  const full = Object.assign(new Error(sent), { code: 'ENOSPC' })
  expect(placeOf(full)).toMatch(/^Error \[ENOSPC\] at /)
  expect(placeOf(Object.assign(new Error(), { code: sent }))).not.toContain('s3cret')
})
