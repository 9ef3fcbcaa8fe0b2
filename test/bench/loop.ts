// Asks a receiver that was started with loop-delay.ts for its figures.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Launch } from '../crash/receiver-process.ts'
import type { LoopDelay } from './loop-delay.ts'

const lookMs = 5
const patienceMs = 10_000

export interface LoopWatch {
  readonly launch: Launch
  /** The figures since it was asked last. */
  readonly take: (pid: number) => Promise<LoopDelay>
}

export function watchLoop(folder: string): LoopWatch {
  const file = join(folder, 'loop-delay.json')
  const script = pathToFileURL(join(import.meta.dirname, 'loop-delay.ts')).href
  return {
    launch: { prefix: [], env: { NODE_OPTIONS: `--import=${script}`, LOOP_DELAY_FILE: file } },
    take: async (pid) => {
      rmSync(file, { force: true })
      process.kill(pid, 'SIGUSR2')
      for (let waited = 0; waited < patienceMs; waited += lookMs) {
        await delay(lookMs)
        const text = readIfThere(file)
        if (text !== null) return JSON.parse(text) as LoopDelay
      }
      throw new Error('the receiver told nothing of its event loop')
    },
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
