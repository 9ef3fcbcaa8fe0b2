// Guarantee: one sender, however much it sends at once, leaves room for others.
import { expect, test } from '@jest/globals'
import type { Caller } from '../flow.ts'
import { createAdmission } from './admission.ts'

const limits = { inFlightBytes: 100, callerInFlightBytes: 60, inflations: 4, callerInflations: 2 }
const busy = (code: string): object => expect.objectContaining({ code })

test('an authenticated caller has its share, in all its requests together', () => {
  const admission = createAdmission(limits)
  const one: Caller = { name: 'one', proof: 'token' }
  const [first, second] = [admission.enter(one), admission.enter({ ...one })]
  first.reserve(30)
  second.reserve(30)
  expect(() => second.reserve(1)).toThrow(busy('RECEIVER_CALLER_BUSY'))
  const other = admission.enter({ name: 'one', proof: 'certificate' })
  other.reserve(40)
  expect(() => other.reserve(1)).toThrow(busy('RECEIVER_BUSY'))
  first.release()
  second.reserve(30)
  for (const each of [second, other]) each.release()
  expect(admission.inFlightBytes).toBe(0)
  admission.enter(one).reserve(60)
})

test('an authenticated caller has half of the inflations, and others the rest', async () => {
  const admission = createAdmission(limits)
  const one: Caller = { name: 'one', proof: 'token' }
  const ends = Promise.withResolvers<void>()
  const inflate = (caller: Caller): Promise<void> =>
    admission.enter(caller).inflate(() => ends.promise)
  const under = [inflate(one), inflate({ ...one })]
  await expect(inflate(one)).rejects.toEqual(busy('RECEIVER_CALLER_BUSY'))
  under.push(inflate({ name: 'two', proof: 'token' }), inflate({ name: 'local', proof: 'address' }))
  await expect(inflate({ name: 'three', proof: 'token' })).rejects.toEqual(busy('RECEIVER_BUSY'))
  ends.resolve()
  await Promise.all(under)
  await inflate(one)
})

test.each<Caller>([
  { name: 'local', proof: 'address' },
  { name: 'anyone', proof: 'none' },
])('whoever is not told apart shares all: $proof', (caller) => {
  const reservation = createAdmission(limits).enter(caller)
  reservation.reserve(100)
  expect(() => reservation.reserve(1)).toThrow(busy('RECEIVER_BUSY'))
})
