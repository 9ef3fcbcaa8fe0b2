// Guarantee: the command line ends as its help says, prints results on stdout and everything else
// on stderr, and shows a stack only when asked.
import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT_MEANINGS } from '../src/exit-codes.ts'
import { errorIn, grantlog } from './command.ts'

test('--help lists commands and exit codes, and ends with 0', async () => {
  const { code, stderr, stdout } = await grantlog(['--help'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const commands = ['receiver', 'keys', 'verify', 'prove', 'search', 'lineage', 'forward']
  for (const command of [...commands, 'tokens', 'sessions', 'scopes']) {
    expect(stdout).toMatch(new RegExp(`^  ${command}`, 'm'))
  }
  for (const meaning of Object.values(EXIT_MEANINGS)) expect(stdout).toContain(meaning)
})

test('--version is that of the package', async () => {
  const manifest = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  expect(await grantlog(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
})

const wrong = [['nonsense'], ['report', '--help'], ['help', 'lineag'], ['search', '--limit', 'x']]

test.each(wrong.map((args) => [args]))(
  '%j is wrong usage: one line and a fix on stderr, as JSON when asked',
  async (args) => {
    const { code, stderr, stdout } = await grantlog(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^USAGE: wrong usage: .+\n {2}fix: .+\n$/)
    expect(errorIn(await grantlog([...args, '--json'])).code).toBe('USAGE')
  },
)

test.each([
  [[], 'verify'],
  [['keys'], 'rotate'],
])('%j is wrong usage, and says what commands there are', async (args, command) => {
  const { code, stderr, stdout } = await grantlog(args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^USAGE: wrong usage: no command given\n {2}fix: .+\n\nUsage: /)
  expect(stderr).toMatch(new RegExp(`^  ${command}`, 'm'))
  expect(errorIn(await grantlog([...args, '--json'])).code).toBe('USAGE')
})

test.each([[['lineag']], [['help', 'lineag']]])('%j: did you mean', async (args) => {
  const said = "wrong usage: unknown command 'lineag' (Did you mean lineage?)"
  expect((await grantlog(args)).stderr).toContain(said)
})

test('help of a command is its help', async () => {
  const help = await grantlog(['help', 'lineage'])
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('grantlog lineage') })
  expect(await grantlog(['lineage', '--help'])).toEqual(help)
})

test('a folder without a ledger: where it was looked for, then what to do', async () => {
  const { stderr } = await grantlog(['search', '--data', '/typo'])
  const [what, fix] = stderr.split('\n')
  expect(what).toBe('LEDGER_MISSING: there is no ledger: no /typo/keys/log.vkey')
  expect(fix).toMatch(/^ {2}fix: Check the path of --data\./)
})

test('a stack is printed only with --debug', async () => {
  const args = ['doctor', '--data', '/dev/null/data']
  const verify = ['verify', '--data', '/dev/null/data']
  expect((await grantlog(verify)).stderr).not.toContain('    at ')
  const { stderr } = await grantlog([...verify, '--debug'])
  expect(stderr).toMatch(/^\w+: .+\n {2}fix: .+\n[\s\S]+ {4}at /)
  expect((await grantlog(args)).code).toBe(1)
})
