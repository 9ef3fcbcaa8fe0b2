// One target in a process of its own: what hangs or grows there harms no other. See main.ts.
//
//   child.ts NAME FROM COUNT     → lines of JSON: {"at": input} each while, {"result": …} at last
import { writeSync } from 'node:fs'
import { canary } from './canary.ts'
import { fuzz } from './run.ts'
import { targets } from './targets.ts'

const [name, from, count] = process.argv.slice(2)
const source = [...targets, canary].find((each) => each.name === name)
if (source === undefined) throw new Error(`no target ${name}`)
const target = await source.open()
/** Inputs between two signs of life. */
const every = 100

/** All of it, also when the pipe is full: who reads it may have little of the processor. */
function say(line: object): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

const onInput = (at: number): void => {
  if (at % every === 0 || source.share !== undefined) say({ at })
}
const result = await fuzz(target, {
  ...{ name: source.name, from: Number(from), count: Number(count), onInput },
})
await target.close?.()
say({ result })
