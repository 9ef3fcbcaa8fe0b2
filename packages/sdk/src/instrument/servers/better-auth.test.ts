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
