// jest with ES modules. Arguments are passed on.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

const jest = createRequire(import.meta.url)
  .resolve('jest/package.json')
  .replace('package.json', 'bin/jest.js')
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
const { status } = spawnSync(process.execPath, [...flags, jest, ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Commands that tests start would give way to the other tests, and come too late; and most
  // receivers need no page.
  env: { GRANTLOG_CONSOLE: 'off', ...process.env, GRANTLOG_PRIORITY: 'normal' },
})
process.exit(status ?? 1)
