import { expect, test } from '@jest/globals'
import { followAdded } from '../added.ts'
import type { Instrumentation } from '../defined/definition.ts'
import { auditBetterAuth } from './better-auth.ts'

test('a bundle that makes one for each request adds one instrumentation', () => {
  const started: Instrumentation[] = []
  const stop = followAdded((own) => {
    started.push(own)
    return () => undefined
  })
  const betterAuth = ({ plugins }: { readonly plugins: readonly object[] }): number =>
    plugins.length
  const counts = [1, 2, 3].map(() => auditBetterAuth(betterAuth)({ plugins: [] }))
  expect([counts, started.length]).toEqual([[1, 1, 1], 1])
  stop()
})

test('a plugin for the cookies of a framework stays the last', () => {
  const betterAuth = ({ plugins }: { readonly plugins: readonly { id: string }[] }): string =>
    plugins.map(({ id }) => id).join(' ')
  const idsOf = (...ids: string[]): string =>
    auditBetterAuth(betterAuth)({ plugins: ids.map((id) => ({ id })) })
  expect([idsOf(), idsOf('jwt'), idsOf('jwt', 'next-cookies')]).toEqual([
    ...['grantlog', 'jwt grantlog', 'jwt grantlog next-cookies'],
  ])
})
