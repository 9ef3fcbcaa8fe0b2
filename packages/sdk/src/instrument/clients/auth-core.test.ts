import { describe, expect, test } from '@jest/globals'
import { tryInstrumentation } from '../../trial.ts'
import type { AnyFunction } from '../defined/definition.ts'
import { authCore } from './auth-core.ts'

type Config = Readonly<Record<string, unknown>>

/** What the hooks make of a configuration of `auditedAuth`, and then of the one for `Auth`. */
function hooked() {
  const trial = tryInstrumentation(authCore)
  const exports = {
    Auth: (_: unknown, config: unknown) => config,
    auditedAuth: (one: unknown) => one,
  }
  const { Auth, auditedAuth } = trial.load('@auth/core', exports as Record<string, AnyFunction>)
  return { trial, Auth: Auth!, auditedAuth: auditedAuth! }
}

describe('a logger that is an object of a class', () => {
  class Logger {
    readonly said: unknown[] = []
    error(one: unknown): void {
      this?.said.push(one)
    }
    warn(): string {
      return 'warned'
    }
    debug(): string {
      return 'debugged'
    }
  }

  test('has all its methods', () => {
    const { Auth, trial } = hooked()
    const { logger } = Auth({}, { logger: new Logger() }) as { logger: Logger }
    expect([logger.warn(), logger.debug()]).toEqual(['warned', 'debugged'])
    expect(logger).toBeInstanceOf(Logger)
    logger.error(Object.assign(new Error('no'), { type: 'AccessDenied' }))
    expect([logger.said.length, trial.records.length]).toEqual([1, 1])
    trial.disable()
  })
})

describe('a configuration that is made for each request', () => {
  const refused = Object.assign(new Error('no'), { type: 'AccessDenied' })

  test.each([
    ['at once', (own: Config) => () => own],
    ['later', (own: Config) => async () => own],
  ])('is heard, %s', async (_, of) => {
    const { auditedAuth, trial } = hooked()
    const config = of({ logger: { error: () => undefined } })
    const audited = auditedAuth(config) as (request: unknown) => unknown
    expect(audited.length).toBe(config.length)
    const { logger } = (await audited({})) as { logger: { error: (one: unknown) => void } }
    logger.error(refused)
    expect([trial.records.length, trial.errors]).toEqual([1, []])
    trial.disable()
  })
})

test("what our look at a log-in throws, the application's event does not", () => {
  const { Auth, trial } = hooked()
  const told: unknown[] = []
  const broken = (): never => {
    throw new Error('of the application')
  }
  const events = { signIn: (said: unknown) => told.push(said) }
  const config = { providers: [broken], events, logger: { error: () => 'logged' } }
  const audited = Auth({}, config) as { events: typeof events; logger: typeof config.logger }
  const said = { account: { provider: 'broken' } }
  expect(audited.events.signIn(said)).toBe(1)
  const error = Object.defineProperty({}, 'type', { get: broken })
  expect((audited.logger.error as AnyFunction)(error)).toBe('logged')
  expect([told, trial.records, trial.errors.length]).toEqual([[said], [], 2])
  trial.disable()
})
