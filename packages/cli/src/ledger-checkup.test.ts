import { expect, test } from '@jest/globals'
import { tellLedger } from './ledger-checkup.ts'

const counts = { origin: 'log', committed: 42, published: 40 }

test('what waits for a seal is weak where nobody seals it', () => {
  expect(tellLedger({ ...counts, receiver: 'none' })).toMatchObject({
    status: 'weak',
    fix: expect.stringContaining('Start the receiver'),
  })
  expect(tellLedger({ ...counts, receiver: 'does not seal' })).toMatchObject({
    status: 'weak',
    fix: expect.stringContaining('see its log'),
  })
})

test('and ok where a receiver has sealed it meanwhile', () => {
  const told = tellLedger({ ...counts, receiver: 'seals' })
  expect(told).toEqual({
    code: 'LEDGER',
    status: 'ok',
    what: 'ledger log: 42 entries, 40 published; 2 waited for the next seal',
  })
  const all = { ...counts, published: 42 }
  for (const receiver of ['none', 'seals'] as const) {
    expect(tellLedger({ ...all, receiver })).toEqual({
      code: 'LEDGER',
      status: 'ok',
      what: 'ledger log: 42 entries, 42 published',
    })
  }
})
