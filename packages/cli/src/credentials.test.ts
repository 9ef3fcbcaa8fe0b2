import { expect, test } from '@jest/globals'
import { newProducer } from './credentials.ts'

test('no key is called what a command line would take for an option', () => {
  const request = {
    ...{ service: 'api', roles: ['client'], issuers: [], audience: 'default' },
    ...{ endpoint: 'http://127.0.0.1:4318', environment: undefined },
  }
  const shared = { kid: 'k', k: '' }
  const keys = { origin: 'o', logKey: '', receiptKey: '', tokenKey: shared, personKey: shared }
  // One in 64 would be: of so many, none by chance once in 10^13 runs.
  for (let made = 0; made < 2_000; made++) {
    expect(newProducer(request, keys).enrolment.kid[0]).not.toBe('-')
  }
})
