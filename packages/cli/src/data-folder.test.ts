import { expect, test } from '@jest/globals'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { dataFolder, rootFolder } from './data-folder.ts'
import { temporaryFolder } from '../test/command.ts'

const user = 1000

test('the flag goes before the environment, and that before the place for state', () => {
  const env = { GRANTLOG_DATA: '/b', XDG_STATE_HOME: '/c' }
  expect(rootFolder({ data: '/a' }, env, user)).toBe('/a')
  expect(rootFolder({}, env, user)).toBe('/b')
  expect(rootFolder({}, { XDG_STATE_HOME: '/c' }, user)).toBe('/c/grantlog')
  expect(rootFolder({}, {}, user)).toBe(join(homedir(), '.local', 'state', 'grantlog'))
  expect(rootFolder({}, {}, 0)).toBe('/var/lib/grantlog')
})

test('empty is not set', () => {
  const env = { GRANTLOG_DATA: '', XDG_STATE_HOME: '' }
  expect(rootFolder({ data: '' }, env, 0)).toBe('/var/lib/grantlog')
})

test('a tenant has a folder in it, which no command but `tenants new` makes', () => {
  const { folder: data, remove } = temporaryFolder()
  const unknown = expect.objectContaining({ code: 'TENANT_UNKNOWN' })
  expect(() => dataFolder({ data, tenant: 'acme' })).toThrow(unknown)
  mkdirSync(join(data, 'tenants', 'acme'), { recursive: true })
  expect(dataFolder({ data, tenant: 'acme' })).toBe(join(data, 'tenants', 'acme'))
  expect(dataFolder({ data })).toBe(data)
  remove()
})
