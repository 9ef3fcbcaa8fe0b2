// Guarantee: what reads the ledger through gives way to the receiver, in all its threads, unless it
// is told not to; what is quick, or serves, does not.
import { spawnSync } from 'node:child_process'
import { getPriority, platform } from 'node:os'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { grantlog, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder)
})
afterAll(remove)

/** Tells of each thread, at the end of a process: proc(5), fields 19 (nice) and 41 (policy). */
const tellPriorities = `
  import { readdirSync, readFileSync } from 'node:fs'
  process.on('exit', () => {
    const threads = readdirSync('/proc/self/task').map((thread) => {
      const stat = readFileSync('/proc/self/task/' + thread + '/stat', 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[16] + '/' + fields[38]
    })
    console.error('threads: ' + threads.join(' '))
  })`

/** That of these tests, which a process has from who starts it. */
const nice = getPriority()
const usual = `${nice}/0`
const lowest = '19/0'
/** Policy 5 is SCHED_IDLE. */
const idle = `${nice}/5`

/** The different ones of all threads. */
async function prioritiesOf(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string[]> {
  const script = `data:text/javascript,${encodeURIComponent(tellPriorities)}`
  const told = { NODE_OPTIONS: `--import=${script}`, GRANTLOG_PRIORITY: '', ...env }
  const { stderr } = await grantlog([...args, '--data', sample.data], told)
  const [, threads = ''] = /^threads: (.*)$/m.exec(stderr) ?? []
  expect(threads).toContain(' ')
  return [...new Set(threads.split(' '))]
}

const onLinux = platform() === 'linux' ? test : test.skip
const hasChrt = spawnSync('chrt', ['--version']).status === 0

onLinux.each([
  [['search']],
  [['lineage', '1']],
  [['verify']],
  [['reconcile', '--no-seal']],
  [['forward', '--dead', '--sink', 'none']],
])('%j gives way with every thread', async (args) => {
  expect(await prioritiesOf(args)).toEqual([hasChrt ? idle : lowest])
})

onLinux('without util-linux it has the lowest priority that there is', async () => {
  expect(await prioritiesOf(['search'], { PATH: '/nowhere' })).toEqual([lowest])
})

onLinux.each([[['search', '--normal-priority']], [['doctor']], [['keys', 'list']]])(
  '%j does not',
  async (args) => {
    expect(await prioritiesOf(args)).toEqual([usual])
  },
)

onLinux('nor does any where the environment says so', async () => {
  expect(await prioritiesOf(['verify'], { GRANTLOG_PRIORITY: 'normal' })).toEqual([usual])
})
