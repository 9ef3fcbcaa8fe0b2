import { expect, test } from '@jest/globals'
import { claimItemsMax, formBytesMax } from '../limits.ts'
import { parametersOf } from './client-call/form.ts'
import { detailTypesIn } from './detail-types.ts'

const payment = { type: 'payment_initiation', creditorAccount: { iban: 'S3cret' } }
const ofLength = (length: number): string => `${JSON.stringify([payment])}`.padEnd(length)

test.each<[string, unknown, readonly string[]]>([
  ['one', JSON.stringify([payment]), ['payment_initiation']],
  ['several', JSON.stringify([payment, { type: 'account' }]), ['payment_initiation', 'account']],
  ['one without a type', JSON.stringify([{ iban: 'S3cret' }, { type: 7 }, null, 'S3cret']), []],
  ['no list', JSON.stringify(payment), []],
  ['no JSON', '[{', []],
  ['nothing', undefined, []],
  ['as long as it may be', ofLength(formBytesMax), ['payment_initiation']],
  ['longer', ofLength(formBytesMax + 1), []],
])('of %s', (_, parameter, types) => {
  expect(detailTypesIn(parameter)).toEqual(types)
})

test('of many the first', () => {
  const of = (count: number): number =>
    detailTypesIn(JSON.stringify(Array.from({ length: count }, () => payment))).length
  expect([of(claimItemsMax), of(claimItemsMax + 1)]).toEqual([claimItemsMax, claimItemsMax])
})

test('a client has them in its form', () => {
  const form = new URLSearchParams({ authorization_details: JSON.stringify([payment]) })
  expect(parametersOf(form).detailTypes).toEqual(['payment_initiation'])
  expect(parametersOf(new URLSearchParams())).not.toHaveProperty('detailTypes')
})
