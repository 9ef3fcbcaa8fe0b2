// One process of the memory soak's service, with or without Grantlog.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Answered, drive, type Told } from './drive.ts'
import type { Sample } from './judge.ts'

export interface Subject {
  readonly samples: readonly Sample[]
  readonly answered: Answered
  /** Sends it requests `from` to `until`, has garbage collected, and measures. */
  readonly next: (range: readonly [number, number]) => Promise<Sample>
  /** Resolves with its exit code. */
  readonly end: () => Promise<number | null>
}

/** `grantlog`: its variables; null: without it. */
export async function startSubject(
  grantlog: Readonly<Record<string, string>> | null,
): Promise<Subject> {
  const loaded = grantlog === null ? [] : ['--import', '@grantlog/sdk/register']
  const main = join(import.meta.dirname, 'service.mjs')
  const service = spawn(process.execPath, ['--expose-gc', ...loaded, main], {
    cwd: join(import.meta.dirname, '../../../packages/sdk'),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...grantlog },
  })
  const [told] = (await once(service, 'message')) as [Told]
  const samples: Sample[] = []
  const answered: Answered = new Map()
  return {
    samples,
    answered,
    next: async ([from, until]) => {
      await drive(told, [from, until], answered)
      service.send('measure')
      const [measured] = (await once(service, 'message')) as [Omit<Sample, 'requests'>]
      const sample = { requests: until, ...measured }
      samples.push(sample)
      return sample
    },
    end: async () => {
      service.disconnect()
      const [code] = (await once(service, 'exit')) as [number | null]
      return code
    },
  }
}
