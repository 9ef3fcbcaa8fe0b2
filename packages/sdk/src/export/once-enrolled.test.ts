import { expect, test } from '@jest/globals'
import { onceEnrolled } from './once-enrolled.ts'

test('nothing is sent before the key is enrolled, and all from then on', async () => {
  let pending: string | null = 'away'
  let sent = 0
  const deliver = async () => {
    sent++
    return []
  }
  const enrolling = { pending: () => pending, enrolled: Promise.resolve() }
  const gated = onceEnrolled({ enrolling }, deliver)
  await expect(gated([])).rejects.toMatchObject({ code: 'ENROL_PENDING', detail: 'away' })
  expect(sent).toBe(0)
  pending = null
  expect(await gated([])).toEqual([])
  expect(await onceEnrolled({}, deliver)([])).toEqual([])
  expect(sent).toBe(2)
})
