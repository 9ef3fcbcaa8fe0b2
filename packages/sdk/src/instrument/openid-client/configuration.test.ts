import { expect, test } from '@jest/globals'
import { Configuration } from 'openid-client'
import { configurationOf, showClient } from './configuration.ts'

const server = { issuer: 'https://login.example.com' }

test('the client is the one that the Configuration tells, whatever a call shows', () => {
  const configuration = new Configuration(server, 'web')
  showClient(configuration, 'worker')
  expect(configurationOf(configuration)).toMatchObject({ server, client: { client_id: 'web' } })
})

test('where it tells none, as in 6.1, the client is the first that a call has shown', () => {
  const configuration = { serverMetadata: () => server }
  showClient(configuration, null)
  expect(configurationOf(configuration)).toEqual({ server, client: {} })
  showClient(configuration, 'web')
  showClient(configuration, 'worker')
  expect(configurationOf(configuration)).toEqual({ server, client: { client_id: 'web' } })
  showClient(undefined, 'web')
  expect(configurationOf({ serverMetadata: () => server }).client).toEqual({})
})
