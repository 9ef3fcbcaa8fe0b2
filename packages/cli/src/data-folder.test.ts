import { expect, test } from '@jest/globals'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { dataFolder } from './data-folder.ts'

const user = 1000

test('the flag goes before the environment, and that before the place for state', () => {
  const env = { GRANTLOG_DATA: '/b', XDG_STATE_HOME: '/c' }
  expect(dataFolder({ data: '/a' }, env, user)).toBe('/a')
  expect(dataFolder({}, env, user)).toBe('/b')
  expect(dataFolder({}, { XDG_STATE_HOME: '/c' }, user)).toBe('/c/grantlog')
  expect(dataFolder({}, {}, user)).toBe(join(homedir(), '.local', 'state', 'grantlog'))
  expect(dataFolder({}, {}, 0)).toBe('/var/lib/grantlog')
})

test('empty is not set', () => {
  const env = { GRANTLOG_DATA: '', XDG_STATE_HOME: '' }
  expect(dataFolder({ data: '' }, env, 0)).toBe('/var/lib/grantlog')
})
