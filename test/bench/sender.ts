// Starts load.ts, and waits for it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Sent } from './load.ts'

const script = join(import.meta.dirname, 'load.ts')
const flags = ['--conditions=@grantlog/source', '--disable-warning=ExperimentalWarning']

export interface Sender {
  /** Sends everything; resolves with what was answered. */
  readonly send: () => Promise<Sent>
}

/** A process that has read the bodies; each file is sent over a connection of its own. */
export async function startSender(endpoint: string, files: readonly string[]): Promise<Sender> {
  const args = [...flags, script, `${endpoint}/v1/traces`, ...files]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exit = once(child, 'exit')
  const line = async (): Promise<string> => {
    const { done, value } = await lines.next()
    if (done === true) throw new Error(`the sender ended with ${(await exit)[0]}`)
    return value as string
  }
  await line()
  return {
    send: async () => {
      child.stdin.write('go\n')
      const sent = JSON.parse(await line()) as Sent
      await exit
      return sent
    },
  }
}
