import { expect, test } from '@jest/globals'
import { createProducer } from '../../test/producer.ts'
import { readEnrolments } from './enrolment.ts'
import { createGate } from './gate.ts'

const { enrolment, kid } = createProducer()

test('enrolled.json may be spelled in any way; its content is canonical', () => {
  const keys = readEnrolments(JSON.stringify([enrolment], undefined, 2))
  const content = Buffer.from(keys.get(kid)!.content).toString()
  expect(content).toMatch(/^{"assurance":"configured","audience":"default","issuers":\[\],"kid":"/)
  expect(readEnrolments('[]').size).toBe(0)
})

const identity = 'AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'

test.each<[string, unknown]>([
  ['no array', {}],
  ['another member', [{ ...enrolment, admin: true }]],
  ['a missing member', [{ ...enrolment, roles: undefined }]],
  ['a kid of another key', [{ ...enrolment, kid: createProducer().kid }]],
  ['a key of small order', [{ ...enrolment, publicKey: identity }]],
  ['services that are not sorted', [{ ...enrolment, services: ['b', 'a'] }]],
  ['the same key twice', [enrolment, enrolment]],
  ['null', [null]],
])('%s is refused', (_what, json) => {
  const reading = (): unknown => readEnrolments(JSON.stringify(json))
  expect(reading).toThrow(expect.objectContaining({ code: 'RECEIVER_ENROLMENT_MALFORMED' }))
})

test('text that is not JSON is refused', () => {
  expect(() => readEnrolments('[')).toThrow('not JSON')
})

test('a change waits for those who use the old state, and holds new ones back', async () => {
  const gate = createGate()
  const order: string[] = []
  const first = Promise.withResolvers<void>()
  const using = gate.use(async () => {
    await first.promise
    order.push('used old')
  })
  const change = gate.change(async () => void order.push('changed'))
  const later = gate.use(async () => void order.push('used new'))
  first.resolve()
  await Promise.all([using, change, later])
  expect(order).toEqual(['used old', 'changed', 'used new'])
})

test('a failed change or use opens the gate again', async () => {
  const gate = createGate()
  await expect(gate.change(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(gate.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate.change(async () => 1)).toBe(1)
})
