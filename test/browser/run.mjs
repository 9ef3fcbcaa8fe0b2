// npm run test:browser [-- --full] [jest's own arguments]
//
// `--full`: a million records, all widths and themes of every page.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const chromium = process.env.GRANTLOG_CHROMIUM ?? '/usr/bin/chromium'
if (!existsSync(chromium)) {
  console.log(`skipped: there is no ${chromium}; test/browser/install.sh installs Debian's`)
  console.log('0 passed, 0 failed, 1 skipped')
  process.exit(0)
}
const args = process.argv.slice(2)
const env = { ...process.env, GRANTLOG_CHROMIUM: chromium }
if (args.includes('--full')) env.GRANTLOG_BROWSER_FULL = '1'
rmSync(join(import.meta.dirname, '.shots'), { recursive: true, force: true })
const jest = ['scripts/jest.mjs', '--config', 'test/browser/jest.config.mjs']
const own = args.filter((arg) => arg !== '--full')
const { status } = spawnSync(process.execPath, [...jest, ...own], { env, stdio: 'inherit' })
process.exit(status ?? 1)
