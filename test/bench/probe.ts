// Takes times, in a process of its own: of requests, each answered before the next, and of appended
// writes made durable. Arguments: a URL, and a file to append to. Says `ready`; then each line on
// stdin is a Task, and is answered by a line of JSON: milliseconds of each.
import { once } from 'node:events'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
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

/** Resolves with the end of a response. Rejects for any but one that says: all is taken. */
function answered(socket: Socket): Promise<void> {
  const { promise, reject, resolve } = Promise.withResolvers<void>()
  let text = ''
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1] ?? 0)
    if (end === -1 || text.length < end + 4 + length) return
    socket.off('data', onData).off('close', onClose)
    // What is refused is told in the body of a 200.
    if (text.startsWith('HTTP/1.1 200 ') && length === 0) resolve()
    else reject(new Error(text))
  }
  const onClose = (): void => reject(new Error('the connection was closed'))
  socket.on('data', onData).once('close', onClose)
  return promise
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
