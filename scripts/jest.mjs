// jest with ES modules. Arguments are passed on.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const jest = createRequire(import.meta.url)
  .resolve('jest/package.json')
  .replace('package.json', 'bin/jest.js')
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning']
// Most of what a short process costs is reading its TypeScript; tests start hundreds of them.
const compiled = join(import.meta.dirname, '..', 'node_modules', '.cache', 'compiled')
const { status } = spawnSync(process.execPath, [...flags, jest, ...process.argv.slice(2)], {
  stdio: 'inherit',
  // Commands that tests start would give way to the other tests, and come too late; and most
  // receivers need no page.
  env: {
    ...{ GRANTLOG_CONSOLE: 'off', NODE_COMPILE_CACHE: compiled },
    ...process.env,
    GRANTLOG_PRIORITY: 'normal',
  },
})
process.exit(status ?? 1)
