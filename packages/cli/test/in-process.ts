// The command line without a process of its own: for commands that are short.
import { runCli } from '../src/program.ts'
import type { Result } from './command.ts'

/** Runs one command line to its end. */
export async function runHere(args: readonly string[]): Promise<Result> {
  const written = { stdout: '', stderr: '' }
  const stream = (to: keyof typeof written): NodeJS.WriteStream =>
    ({ write: (text: string) => (written[to] += text) }) as unknown as NodeJS.WriteStream
  const streams = { stdout: stream('stdout'), stderr: stream('stderr'), env: {} }
  const code = await runCli(args, streams)
  return { code, ...written }
}
