import { expect, test } from '@jest/globals'
import type { RunningDetection } from '@grantlog/detect'
import { LedgerError } from '@grantlog/ledger'
import { followTenants, type FollowTenantsOptions, TENANT_AGAIN_MS } from './detect-tenants.ts'
import type { ReceiverEvent } from './log-codes.ts'

interface Fake {
  readonly running: RunningDetection
  fail(error: Error): void
}

function fake(onClose: () => void = () => undefined): Fake {
  const { promise: ended, reject, resolve } = Promise.withResolvers<void>()
  const close = (): Promise<void> => Promise.resolve(resolve()).then(onClose)
  return { running: { ended, close } as unknown as RunningDetection, fail: reject }
}

function follow(options: Pick<FollowTenantsOptions, 'names' | 'start'>) {
  const told: ReceiverEvent[] = []
  let nowMs = 0
  const log = (event: ReceiverEvent): void => void told.push(event)
  const tenants = followTenants({ ...options, log, uptimeMs: () => nowMs })
  return { ...tenants, told, passes: (ms: number) => void (nowMs += ms) }
}

test('each tenant is begun with once, those that are made later too', async () => {
  const names = ['acme']
  const begun: string[] = []
  const start = (name: string) => Promise.resolve(fake(() => begun.push(`-${name}`)).running)
  const { close, look, running } = follow({
    names: () => Promise.resolve(names),
    start: (name) => (begun.push(name), start(name)),
  })
  await look()
  names.push('brand')
  await look()
  await look()
  expect([...running.keys()]).toEqual(['acme', 'brand'])
  await close()
  expect(begun).toEqual(['acme', 'brand', '-acme', '-brand'])
})

test('one that fails is told, closed, and begun again later; the other goes on', async () => {
  const fakes = [fake(), fake(), fake()]
  const begun: string[] = []
  const { look, passes, running, told } = follow({
    names: () => Promise.resolve(['acme', 'brand']),
    start: (name) => Promise.resolve(fakes[begun.push(name) - 1]!.running),
  })
  await look()
  fakes[0]!.fail(new LedgerError('LEDGER_DAMAGED', 'made up'))
  await new Promise((resolve) => setImmediate(resolve))
  expect([...running.keys()]).toEqual(['brand'])
  expect(told).toMatchObject([
    { code: 'DETECT_TENANT_FAILS', tenant: 'acme', cause: 'LEDGER_DAMAGED' },
  ])
  passes(TENANT_AGAIN_MS - 1)
  await look()
  expect(begun).toEqual(['acme', 'brand'])
  passes(1)
  await look()
  expect(begun).toEqual(['acme', 'brand', 'acme'])
  expect(told).toHaveLength(1)
})

test('one that its receiver has not opened yet is tried at each look, and not told', async () => {
  let isOpen = false
  const { look, running, told } = follow({
    names: () => Promise.resolve(['acme']),
    start: () =>
      isOpen
        ? Promise.resolve(fake().running)
        : Promise.reject(new LedgerError('LEDGER_NOT_FOUND', 'made up')),
  })
  await look()
  isOpen = true
  await look()
  expect([...running.keys()]).toEqual(['acme'])
  expect(told).toEqual([])
})
