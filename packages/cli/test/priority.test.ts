// Guarantee: what reads the ledger through gives way to the receiver, in all its threads, unless it
// is told not to; what is quick, or serves, does not.
import { platform } from 'node:os'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { grantlog, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder)
})
afterAll(remove)

/** Tells at the end of a process the priorities of its threads: proc(5), field 19 of `stat`. */
const tellPriorities = `
  import { readdirSync, readFileSync } from 'node:fs'
  process.on('exit', () => {
    const threads = readdirSync('/proc/self/task').map((thread) => {
      const stat = readFileSync('/proc/self/task/' + thread + '/stat', 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]
    })
    console.error('threads: ' + threads.join(' '))
  })`

async function prioritiesOf(...args: string[]): Promise<number[]> {
  const script = `data:text/javascript,${encodeURIComponent(tellPriorities)}`
  const env = { NODE_OPTIONS: `--import=${script}` }
  const { stderr } = await grantlog([...args, '--data', sample.data], env)
  const [, told = ''] = /^threads: (.*)$/m.exec(stderr) ?? []
  return told.split(' ').map(Number)
}

const onLinux = platform() === 'linux' ? test : test.skip

onLinux.each([
  [['search']],
  [['lineage', '1']],
  [['verify']],
  [['reconcile', '--no-seal']],
  [['forward', '--dead', '--sink', 'none']],
])('%j gives way with every thread', async (args) => {
  const priorities = await prioritiesOf(...args)
  expect(priorities.length).toBeGreaterThan(1)
  expect(new Set(priorities)).toEqual(new Set([19]))
})

onLinux.each([[['search', '--normal-priority']], [['doctor']], [['keys', 'list']]])(
  '%j does not',
  async (args) => {
    expect(new Set(await prioritiesOf(...args))).toEqual(new Set([0]))
  },
)
