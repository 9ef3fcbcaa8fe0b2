// Takes times, in a process of its own: of requests, each answered before the next, and of appended
// writes made durable. Arguments: a URL, and a file to append to. Says `ready`; then each line on
// stdin is a Task, and is answered by a line of JSON: milliseconds of each.
import { once } from 'node:events'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { answerOn, isOk } from './answer.ts'
import { readBodies } from './bodies.ts'

export type Task =
  /** A request for each body of the file. */
  | { readonly kind: 'acks'; readonly bodies: string; readonly pauseMs: number }
  /** So many writes of so many bytes, each with fdatasync. */
  | {
      readonly kind: 'syncs'
      readonly count: number
      readonly bytes: number
      readonly pauseMs: number
    }

const [url, appended] = process.argv.slice(2)
try {
  // It stands for services on other machines, which wait for no processor of this one.
  setPriority(-15)
} catch {
  // Not allowed: then its own waiting is in the times.
}
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line) as Task
  const times = task.kind === 'acks' ? await acks(task) : await syncs(task)
  process.stdout.write(`${JSON.stringify(times)}\n`)
}

async function acks({ bodies, pauseMs }: Extract<Task, { kind: 'acks' }>): Promise<number[]> {
  const { host, hostname, pathname, port } = new URL(url!)
  const socket = connect(Number(port), hostname).setNoDelay()
  await once(socket, 'connect')
  const times: number[] = []
  for (const body of readBodies(bodies)) {
    const head =
      `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-protobuf\r\n` +
      `content-length: ${body.length}\r\n\r\n`
    const request = Buffer.concat([Buffer.from(head), body])
    const began = performance.now()
    socket.write(request)
    await answered(socket)
    times.push(performance.now() - began)
    await delay(pauseMs)
  }
  socket.destroy()
  return times
}

/** Rejects for any answer but one that says: all is taken. What is refused is told in a body. */
async function answered(socket: Socket): Promise<void> {
  const answer = await answerOn(socket)
  if (!isOk(answer) || (answer.bodyBytes ?? 0) > 0) throw new Error(answer.text)
}

async function syncs(task: Extract<Task, { kind: 'syncs' }>): Promise<number[]> {
  const file = openSync(appended!, 'a')
  const bytes = Buffer.alloc(task.bytes, 'not all zeros')
  const times: number[] = []
  for (let at = 0; at < task.count; at++) {
    const began = performance.now()
    writeSync(file, bytes)
    fdatasyncSync(file)
    times.push(performance.now() - began)
    await delay(task.pauseMs)
  }
  closeSync(file)
  return times
}
