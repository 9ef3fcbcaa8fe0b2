import { afterEach, describe, expect, test } from '@jest/globals'
import { followAdded } from '../added.ts'
import type { Instrumentation } from '../defined/definition.ts'
import { startInstrumentation } from '../defined/start.ts'
import { createScopes } from '../scopes.ts'
import { auditBetterAuth } from './better-auth.ts'

const started: Instrumentation[] = []
let stop = (): void => undefined

/** Starts what is added, as the SDK does. */
function start(): void {
  const begin = () => ({ record: () => undefined, lose: () => undefined })
  const options = { begin, scopes: createScopes(), roleClaims: [], onError: () => undefined }
  stop = followAdded((own) => {
    started.push(own)
    return startInstrumentation(own, options).disable
  })
}

afterEach(() => {
  stop()
  started.splice(0)
})

interface Options {
  readonly plugins: readonly { id: string }[]
}
const idsOf = (...ids: string[]): string => {
  const betterAuth = ({ plugins }: Options): string => plugins.map(({ id }) => id).join(' ')
  return auditBetterAuth(betterAuth)({ plugins: ids.map((id) => ({ id })) })
}

test('a bundle that makes one for each request adds one instrumentation', () => {
  start()
  expect([[1, 2, 3].map(() => idsOf()), started.length]).toEqual([
    ['grantlog', 'grantlog', 'grantlog'],
    1,
  ])
})

test('a plugin for the cookies of a framework stays the last', () => {
  start()
  expect([idsOf(), idsOf('jwt'), idsOf('jwt', 'next-cookies')]).toEqual([
    ...['grantlog', 'jwt grantlog', 'jwt grantlog next-cookies'],
  ])
})

describe('the options are the very same', () => {
  const same = (options?: object): boolean =>
    auditBetterAuth((own?: object): boolean => own === options)(options)

  test('where no SDK runs', () => {
    expect([same(), same({}), same({ plugins: [] })]).toEqual([true, true, true])
  })

  test('where none runs any more', () => {
    start()
    expect(same({})).toBe(false)
    stop()
    expect(same({})).toBe(true)
  })

  test('also where there were none at all', () => {
    const counted = auditBetterAuth((...args: readonly unknown[]): number => args.length)
    expect(counted()).toBe(0)
    start()
    expect(counted()).toBe(1)
  })
})
