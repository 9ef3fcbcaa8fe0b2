import { expect, test } from '@jest/globals'
import type { Stage } from '../stage/stage.ts'
import { stillRunning } from './still-running.ts'

const stage = {
  ...{ folder: '/tmp/demo', data: '/tmp/demo/data', seen: ['/tmp/demo/seen'], jaeger: null },
  ...{ adminUrl: 'http://127.0.0.1:1', sinkUrl: 'http://127.0.0.1:2' },
  apps: { secrets: {} },
} as unknown as Stage

test('who was refused are the denied and the failed: a forged token is a failure', () => {
  const lines = stillRunning(stage).split('\n')
  const asking = lines.filter((line) => line.includes('outcome'))
  expect(asking).toEqual([
    '  http://127.0.0.1:1/records?q=outcome:denied,failure   who was refused, and why',
    '  npx grantlog search outcome:denied,failure',
  ])
})
